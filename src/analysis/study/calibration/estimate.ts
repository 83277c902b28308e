/**
 * With t the time of an executable and u that of the reference beside it, log t = a + mood + noise and log u = b + mood + noise:
 * what slows both, such as another program, is the mood. The ratio t / u is free of it, and its median over rounds of what
 * befalls a few of them.
 */
export const logRatios = (times: readonly number[], reference: readonly number[]): number[] =>
  times.map((seconds, round) => Math.log(seconds / reference[round]));

/** Fewer values bear no 95 % interval of a median: six hold it with 1 - 2 · 2⁻⁶ = 96.9 %. */
export const FEWEST_ROUNDS = 6;

/**
 * Half the width of the narrowest interval between two order statistics, equally far from both ends, that holds the median with at
 * least 95 %: by the binomial distribution of how many values lie below it, which assumes nothing about the values but that they are
 * independent and alike. Infinite for fewer than six.
 */
export function medianHalfWidth(values: readonly number[]): number {
  const count = values.length;
  // P(Binomial(count, 1/2) < k), as k grows.
  let below = 0;
  let term = 0.5 ** count;
  let k = 0;
  while (k < count / 2 && below + term <= 0.025) {
    below += term;
    term *= (count - k) / (k + 1);
    k++;
  }
  if (k === 0) return Number.POSITIVE_INFINITY;
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[count - k] - sorted[k - 1]) / 2;
}
