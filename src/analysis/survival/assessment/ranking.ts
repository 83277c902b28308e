/** Rank of each value among the distinct values, from 0, and how many distinct values there are. */
export function denseRanks(values: ArrayLike<number>): { readonly ranks: Int32Array; readonly count: number } {
  // Sorting plain numbers and looking them up is several times as fast as sorting rows by a comparison.
  const sorted = Float64Array.from(values).sort();
  let count = 0;
  for (let k = 0; k < sorted.length; k++) if (k === 0 || sorted[k] !== sorted[count - 1]) sorted[count++] = sorted[k];
  const ranks = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < values[i]) low = middle + 1;
      else high = middle;
    }
    ranks[i] = low;
  }
  return { ranks, count };
}

/** Indices of the values from the largest to the smallest; equal ones keep their order. */
export function descending(values: ArrayLike<number>): Int32Array {
  const { ranks, count } = denseRanks(values);
  const starts = new Int32Array(count + 1);
  for (const rank of ranks) starts[count - rank]++;
  for (let k = 1; k <= count; k++) starts[k] += starts[k - 1];
  const order = new Int32Array(ranks.length);
  ranks.forEach((rank, i) => {
    order[starts[count - 1 - rank]++] = i;
  });
  return order;
}
