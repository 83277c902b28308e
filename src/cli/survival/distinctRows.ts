import type { PredictedRows } from './predictedRows.ts';

/** Curves are written of so many different rows. */
export const MOST_CURVES = 200;

/** Rows with other covariates or another stratum than those before, by their number from 1, and the number that each row has. */
export interface DistinctRows {
  /** Places of the first of each kind among the predicted rows. */
  readonly first: readonly number[];
  /** Null of a row that misses a value. */
  readonly curve: readonly (number | null)[];
}

export function distinctRows({ values, strata }: PredictedRows): DistinctRows {
  const numbers = new Map<string, number>();
  const first: number[] = [];
  const curve = values.map((row, k) => {
    if (row === null) return null;
    const key = JSON.stringify([strata[k], ...Object.values(row)]);
    if (!numbers.has(key)) {
      first.push(k);
      numbers.set(key, first.length);
    }
    return numbers.get(key)!;
  });
  return { first, curve };
}
