import { parseCsv } from '../../src/analysis/tables/csv.ts';
import { sheetCsv } from '../../src/analysis/tables/sheetCsv.ts';
import { mixedSheet } from '../support/fuzz/mixedSheet.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Tables as text: commas, semicolons or tabs, with points or commas in numbers. */
export const csv: FuzzTarget = {
  seeds: async () => [
    bytesOf([...sheetCsv(mixedSheet)].join('')),
    bytesOf('time;event;group\n1,5;1;a\n2,25;0;"b ""c"""\n'),
    bytesOf('time\tevent\n3\tTRUE\n4\tFALSE\n\n'),
  ],
  read: (bytes) => parseCsv(new TextDecoder().decode(bytes), 'table.csv'),
  words: ['""', ';', '\t', '\r\n', 'NA', 'NaN', 'Infinity', 'TRUE', '"\n"', '1,5', '1.5', '1e5'],
};
