import { join } from 'node:path';
import { writeFileAtomic } from '../../engine/platform/files.node.ts';
import { labelsOf } from '../study/label.ts';
import type { Study } from '../study/schema.ts';
import type { FinishedTrial } from '../study/trial.ts';
import { buildReport } from './build.ts';
import { reportTables } from './csv.ts';
import { renderReport } from './render.ts';
import type { Report } from './report.ts';
import { isAttack, survivalRows } from './rows.ts';

/** A report and the page it was written to. */
export interface WrittenReport {
  readonly report: Report;
  readonly page: string;
}

/**
 * Builds the report of a run and writes `report.html`, `report.json` and `data/*.csv` into its folder, each in one step.
 * @throws InputError no trial is finished, or the folder cannot be written
 */
export async function writeReport(
  folder: string,
  finished: readonly FinishedTrial[],
  study: Study,
): Promise<WrittenReport> {
  const report = buildReport(finished, study);
  const rows = survivalRows(finished.filter(isAttack), labelsOf(study), study.survival.encoding);
  for (const [name, text] of Object.entries(reportTables(report, rows))) {
    await writeFileAtomic(join(folder, 'data', name), text);
  }
  await writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeFileAtomic(page, renderReport(report));
  return { report, page };
}
