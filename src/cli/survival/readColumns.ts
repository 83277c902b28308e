import {
  type ChosenColumns,
  type ColumnChoice,
  chooseColumns,
  columnsOf,
  type DataTable,
} from '../../analysis/tables/index.ts';
import { readTable } from '../../analysis/tables/read.node.ts';

/** Columns of a file that mean something, with the file. */
export interface ReadColumns extends ChosenColumns {
  readonly data: DataTable;
}

/**
 * The columns of a file that are asked for, and no others: what nobody asks for can stop nothing.
 * @param decimal mark of a CSV file, where it cannot be told
 * @throws InputError the file or one of these columns cannot be used
 */
export async function readColumns(
  file: string,
  choice: ColumnChoice,
  decimal?: 'point' | 'comma',
): Promise<ReadColumns> {
  const data = await readTable(file, { columns: columnsOf(choice), decimal });
  return { data, ...chooseColumns(data, choice) };
}
