import { marked } from '../run/rows.ts';

/** A binary search of each row for the smallest weight of misclassification with which it is misclassified. */
export interface ConstantSearch {
  readonly constant: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Whether the row was misclassified with this constant. */
  readonly broke: readonly boolean[];
}

export const openConstants = (size: number, initialConst: number): ConstantSearch => ({
  constant: new Float64Array(size).fill(initialConst),
  low: new Float64Array(size),
  high: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
  broke: marked(size, []),
});

/** A step of the search: ten times the constant as long as none was enough, the middle of what is known afterwards. */
export function nextConstants(search: ConstantSearch, rows: readonly number[]): ConstantSearch {
  const constant = search.constant.slice();
  const low = search.low.slice();
  const high = search.high.slice();
  for (const row of rows) {
    if (search.broke[row]) high[row] = Math.min(high[row], constant[row]);
    else low[row] = Math.max(low[row], constant[row]);
    constant[row] = Number.isFinite(high[row]) ? (low[row] + high[row]) / 2 : constant[row] * 10;
  }
  return { constant, low, high, broke: marked(constant.length, []) };
}
