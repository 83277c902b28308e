import { buildReport } from '../../src/analysis/report/build.ts';
import type { Report } from '../../src/analysis/report/report.ts';
import type { Study } from '../../src/analysis/study/file/schema.ts';
import { expand } from '../../src/analysis/study/trial/expand.ts';
import type { FinishedTrial } from '../../src/analysis/study/trial/trial.ts';

/** What tests say that a report comes from. */
export const ORIGIN = {
  configuration: { name: 'a study', attacks: [{ name: 'fgm' }] },
  made: { outlast: '1.2.3', node: '20.0.0', webgpu: '0.1.0', system: 'Linux 6, x64' },
};

/** The report of these trials. */
export function reportOf(finished: readonly FinishedTrial[], study: Study): Report {
  return buildReport(finished, study, { ...ORIGIN, planned: expand(study).length }).report;
}
