import { readFileSync } from 'node:fs';
import { buildReport } from '../../src/analysis/report/build.ts';
import { isAttack } from '../../src/analysis/report/rows/finished.ts';
import { parseStudy } from '../../src/analysis/study/file/parse.ts';
import type { Study } from '../../src/analysis/study/file/schema.ts';
import type { FinishedTrial } from '../../src/analysis/study/trial/trial.ts';
import { ORIGIN } from './reportOf.ts';

/** A recorded run. */
export interface Recorded {
  readonly study: Study;
  readonly finished: readonly FinishedTrial[];
}

/** A run of test/fixtures/verdict. */
export function recorded(name: string): Recorded {
  const { study, finished } = JSON.parse(
    readFileSync(new URL(`../fixtures/verdict/${name}.json`, import.meta.url), 'utf8'),
  );
  return { study: parseStudy(JSON.stringify(study), `${name}.json`).study, finished };
}

/** The same run with the attacks of these names alone. */
export const onlyAttacks = ({ study, finished }: Recorded, ...names: readonly string[]): Recorded => ({
  study,
  finished: finished.filter((each) => !isAttack(each) || names.includes(each.trial.attack.name)),
});

/** The report on a run; `horizon` in operations, common to several reports that are compared. */
export const reportOn = ({ study, finished }: Recorded, horizon?: number) =>
  buildReport(finished, horizon === undefined ? study : { ...study, survival: { ...study.survival, horizon } }, {
    ...ORIGIN,
    planned: finished.length,
  }).report;
