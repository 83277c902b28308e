import { csvLine, type SheetCell } from '../../tables/index.ts';

/**
 * Rows as CSV: the columns that are named, in this order, and whatever else a row holds left out. The heading is there without rows,
 * too.
 */
export function csv<K extends string>(names: readonly K[], rows: readonly Readonly<Record<K, SheetCell>>[]): string {
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map(csvLine).join('');
}
