import { basename } from 'node:path';
import { type ImportOptions, importResults } from '../../analysis/deckard/results.ts';
import { writeReport } from '../../analysis/report/write.node.ts';
import { readTable } from '../../analysis/tables/read.node.ts';
import { versions } from '../program/versions.ts';
import { print, type Terminal } from '../terminal/terminal.ts';
import { summary } from './report.ts';

export interface ImportFlags extends Omit<ImportOptions, 'name' | 'dataset'> {
  readonly out: string;
  readonly data?: string;
  readonly json?: boolean;
}

/** `outlast study import TABLE --out DIR` */
export async function importCommand(file: string, flags: ImportFlags, terminal: Terminal): Promise<void> {
  const { out, json, data, ...options } = flags;
  const name = basename(file).replace(/\.\w+$/, '');
  const { study, finished, notes } = importResults(await readTable(file), { ...options, dataset: data, name });
  for (const note of notes) terminal.stderr.write(`${note}\n`);
  const { report, page } = await writeReport(out, finished, study, {
    planned: finished.length,
    configuration: { imported: file, ...options, ...(data === undefined ? {} : { data }) },
    made: versions(),
  });
  print(terminal, json ? JSON.stringify(report, null, 2) : summary(report, page).join('\n'));
}
