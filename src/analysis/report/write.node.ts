import { join } from 'node:path';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { FinishedTrial } from '../study/index.ts';
import { buildReport, type ReportedStudy, type ReportOrigin } from './build.ts';
import { distanceTableCsv, reportTables, survivalTableCsv } from './csv.ts';
import { renderReport } from './page/render.ts';
import type { Report } from './report.ts';

/** A report and the page it was written to. */
export interface WrittenReport {
  readonly report: Report;
  readonly page: string;
}

/**
 * Builds the report of a run and writes `report.html`, `report.json` and `data/*.csv` into its folder, each in one step; of a study by
 * AttackBench's protocol also the files that attackbenchlib reads, `attackbench/*.json`.
 * @throws InputError no trial is finished, or the folder cannot be written
 */
export async function writeReport(
  folder: string,
  finished: readonly FinishedTrial[],
  study: ReportedStudy,
  origin: ReportOrigin,
): Promise<WrittenReport> {
  const { report, rows, distances, attackBench } = buildReport(finished, study, origin);
  for (const [name, text] of Object.entries(reportTables(report))) {
    await writeFileAtomic(join(folder, 'data', name), text);
  }
  await writeFileAtomic(join(folder, 'data', 'survival-table.csv'), survivalTableCsv(rows));
  if (distances.length > 0) await writeFileAtomic(join(folder, 'data', 'distances.csv'), distanceTableCsv(distances));
  for (const [name, text] of Object.entries(attackBench))
    await writeFileAtomic(join(folder, 'attackbench', name), text);
  await writeFileAtomic(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  const page = join(folder, 'report.html');
  await writeFileAtomic(page, renderReport(report));
  return { report, page };
}
