export { carriedColumn } from './carriedColumn.ts';
export { type Coding, covariatesOf, encode, levelsOf } from './coding.ts';
export { type Cell, cellMistake, columnOf, type DataTable, isMissingNumber, numberOf } from './dataTable.ts';
export type { EventChoice } from './events.ts';
export { type Sheet, type SheetCell, type SheetColumn, sheetOf } from './sheet.ts';
export { csvCell, csvLine } from './sheetCsv.ts';
export {
  type ChosenColumns,
  type ColumnChoice,
  chooseColumns,
  columnsOf,
  missingIn,
  stratumOf,
} from './survivalColumns.ts';
