import { defenceKeyTable, defenceTable } from '../attack/defenceTables.ts';
import { survivalModelTable } from '../survival/modelTable.ts';

/** The tables of the documentation that are made from catalogues, by the names that their places have (see `withTables`). */
export const TABLES: Readonly<Record<string, () => string>> = {
  defences: defenceTable,
  'defence-keys': defenceKeyTable,
  'survival-models': survivalModelTable,
};
