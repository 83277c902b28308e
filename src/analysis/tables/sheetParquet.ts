import { type BasicType, parquetWriteBuffer } from 'hyparquet-writer';
import { isFilled, type Sheet, type SheetCell, type SheetType } from './sheet.ts';

const TYPES: Readonly<Record<SheetType, BasicType>> = {
  text: 'STRING',
  number: 'DOUBLE',
  whole: 'INT64',
  truth: 'BOOLEAN',
};

/** A sheet as a Parquet file (Snappy): text, DOUBLE, INT64 and BOOLEAN columns; what does not exist is null. */
export function sheetParquet({ columns }: Sheet): Uint8Array {
  const columnData = columns.map(({ name, type, cells }) => ({
    name,
    type: TYPES[type],
    data: cells.map((cell) => parquetValue(cell, type)),
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'outlast' }));
}

function parquetValue(cell: SheetCell, type: SheetType): SheetCell {
  if (!isFilled(cell)) return null;
  return type === 'whole' ? BigInt(cell) : cell;
}
