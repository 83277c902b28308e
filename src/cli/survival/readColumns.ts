import { readTable } from '../../analysis/tables/read.node.ts';
import {
  type ChosenColumns,
  type ColumnChoice,
  chooseColumns,
  columnsOf,
} from '../../analysis/tables/survivalColumns.ts';

/**
 * The columns of a file that are asked for, and no others: what nobody asks for can stop nothing.
 * @param decimal mark of a CSV file, where it cannot be told
 * @throws InputError the file or one of these columns cannot be used
 */
export async function readColumns(
  file: string,
  choice: ColumnChoice,
  decimal?: 'point' | 'comma',
): Promise<ChosenColumns> {
  return chooseColumns(await readTable(file, { columns: columnsOf(choice), decimal }), choice);
}
