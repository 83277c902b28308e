import { type Sheet, sheetOf } from '../../../src/analysis/tables/sheet.ts';

/** A small table with every type of column, missing cells, and text that needs quotes. */
export const mixedSheet: Sheet = sheetOf({ name: 'text', time: 'number', count: 'whole', event: 'truth' }, [
  { name: 'plain', time: 1.5, count: 3, event: true },
  { name: 'a "quoted", one', time: 0.1, count: 0, event: false },
  { name: 'über\nzwei', time: 1e-300, count: 2 ** 40, event: null },
  { name: null, time: null, count: null, event: true },
]);
