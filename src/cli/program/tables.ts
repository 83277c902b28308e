import { survivalModelTable } from '../survival/modelTable.ts';

/** The tables of the documentation that are made from catalogues, by the names that their places have (see `withTables`). */
export const TABLES: Readonly<Record<string, () => string>> = {
  'survival-models': survivalModelTable,
};
