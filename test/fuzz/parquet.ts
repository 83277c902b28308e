import { parseParquet } from '../../src/analysis/tables/parquet.ts';
import { sheetParquet } from '../../src/analysis/tables/sheetParquet.ts';
import { mixedSheet } from '../support/fuzz/mixedSheet.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

/** Parquet files as outlast writes them. */
export const parquet: FuzzTarget = {
  seeds: async () => [sheetParquet(mixedSheet)],
  read: (bytes) => parseParquet(bytes, 'table.parquet'),
  words: ['PAR1', 'PARE'],
};
