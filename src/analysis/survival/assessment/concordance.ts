import { tiedTimes } from '../curves/tiedTimes.ts';
import { isExact, requireRightCensoring, type SurvivalTable } from '../table/table.ts';
import { denseRanks, descending } from './ranking.ts';

/** Weighted counts of comparable pairs, as R's `concordance` gives them. */
export interface ConcordanceCounts {
  readonly concordant: number;
  readonly discordant: number;
  /** Pairs with equal predictions; each counts one half. */
  readonly tied: number;
  /** (concordant + tied / 2) / (concordant + discordant + tied); NaN where no pair can be compared. */
  readonly concordance: number;
}

/**
 * Harrell's C: of the pairs in which one is seen to fail while the other is still at risk and outlives it, the share in which
 * the longer-lived has the larger `prediction` of time. A row censored at a failure time outlives it; two failures at one time
 * are not compared; equal predictions count one half. Pairs weigh the product of their weights. Equal to R's `concordance`.
 * Times that differ by rounding only are ties. O(n log n), by a Fenwick tree over the ranks of the predictions.
 * @param pairWeight a further factor on the pairs in which this row fails first
 * @throws InputError on interval-censored rows.
 */
export function concordance(
  given: SurvivalTable,
  prediction: ArrayLike<number>,
  pairWeight: (row: number) => number = () => 1,
): ConcordanceCounts {
  requireRightCensoring(given, 'concordance');
  const table = tiedTimes(given);
  const { ranks, count } = denseRanks(prediction);
  const tree = fenwick(count);
  const byExit = descending(table.lower);
  const byEntry = descending(table.entry);
  let entry = 0;
  let concordant = 0;
  let discordant = 0;
  let tied = 0;
  for (let start = 0; start < byExit.length; ) {
    const time = table.lower[byExit[start]];
    let end = start;
    while (end < byExit.length && table.lower[byExit[end]] === time) end++;
    const now = byExit.subarray(start, end);
    for (const row of now) if (!isExact(table, row)) tree.add(ranks[row], table.weights[row]);
    for (; entry < byEntry.length && table.entry[byEntry[entry]] >= time; entry++) {
      tree.add(ranks[byEntry[entry]], -table.weights[byEntry[entry]]);
    }
    for (const row of now) {
      if (!isExact(table, row)) continue;
      const weight = table.weights[row] * pairWeight(row);
      const below = tree.sum(ranks[row] - 1);
      const upTo = tree.sum(ranks[row]);
      discordant += weight * below;
      tied += weight * (upTo - below);
      concordant += weight * (tree.sum(count - 1) - upTo);
    }
    for (const row of now) if (isExact(table, row)) tree.add(ranks[row], table.weights[row]);
    start = end;
  }
  const pairs = concordant + discordant + tied;
  return { concordant, discordant, tied, concordance: (concordant + tied / 2) / pairs };
}

/** Sums over prefixes of an array under updates, both in O(log n). */
function fenwick(size: number): { add(index: number, value: number): void; sum(upTo: number): number } {
  const tree = new Float64Array(size + 1);
  return {
    add(index, value) {
      for (let k = index + 1; k <= size; k += k & -k) tree[k] += value;
    },
    sum(upTo) {
      let sum = 0;
      for (let k = upTo + 1; k > 0; k -= k & -k) sum += tree[k];
      return sum;
    },
  };
}
