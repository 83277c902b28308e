import { InputError } from '../../../base/errors.ts';
import { type SurvivalTable, selectRows } from './table.ts';

/** mulberry32 (public domain, T. Ettinger): uniform numbers in [0, 1) that depend on the seed alone. */
export function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

/** A fold (0 to folds - 1) for each row, of nearly equal sizes, at random; the rows of a cluster stay together. */
export function foldsOf(table: SurvivalTable, folds: number, seed: number): Int32Array {
  const groups = table.clusters ?? Int32Array.from({ length: table.rows }, (_, row) => row);
  const order = [...new Set(groups)];
  if (!Number.isInteger(folds) || folds < 2 || folds > order.length) {
    throw new InputError(
      `folds: ${folds} should be a whole number from 2 to ${order.length}, the independent rows of the table`,
    );
  }
  const random = uniform(seed);
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    [order[k], order[other]] = [order[other], order[k]];
  }
  const fold = new Map(order.map((group, k) => [group, k % folds]));
  return groups.map((group) => fold.get(group)!);
}

/** A training table, and a test table with about `share` of the independent rows. */
export function splitTable(
  table: SurvivalTable,
  share: number,
  seed: number,
): { readonly training: SurvivalTable; readonly test: SurvivalTable } {
  const { training, test } = splitRows(table, share, seed);
  return { training, test };
}

/** `splitTable`, and the rows that are held out. */
export function splitRows(
  table: SurvivalTable,
  share: number,
  seed: number,
): { readonly training: SurvivalTable; readonly test: SurvivalTable; readonly isTest: readonly boolean[] } {
  if (!(share > 0 && share < 1)) throw new InputError(`split: ${share} should be between 0 and 1`);
  const count = new Set(table.clusters ?? Array.from({ length: table.rows }, (_, row) => row)).size;
  const folds = foldsOf(table, count, seed);
  const held = Math.round(share * count);
  if (held === 0 || held === count)
    throw new InputError(`split: ${share} of ${count} independent rows leaves one side empty`);
  const isTest = Array.from(folds, (fold) => fold < held);
  return {
    training: selectRows(table, (row) => !isTest[row]),
    test: selectRows(table, (row) => isTest[row]),
    isTest,
  };
}
