import { join } from 'node:path';
import { writeFilesAtomic } from '../../base/files.node.ts';
import type { Sheet } from './sheet.ts';
import { sheetCsv } from './sheetCsv.ts';
import { sheetParquet } from './sheetParquet.ts';

/**
 * Writes every sheet into a folder as `NAME.csv` and `NAME.parquet`, each in one step, all of them made before the first is written;
 * none where a folder has one of these names.
 * @throws InputError the folder cannot be written to
 */
export async function writeSheets(folder: string, sheets: Readonly<Record<string, Sheet>>): Promise<void> {
  const files = Object.entries(sheets).flatMap(([name, sheet]) => [
    [join(folder, `${name}.csv`), [...sheetCsv(sheet)]] as const,
    [join(folder, `${name}.parquet`), sheetParquet(sheet)] as const,
  ]);
  await writeFilesAtomic(files);
}
