/**
 * The threshold of each row of x, at least 0, above which its values exceed it by the row's radius altogether: by sorting, Duchi,
 * Shalev-Shwartz, Singer and Chandra, ICML 2008, figure 1.
 */
export function shrinkageTo(x: ArrayLike<number>, radius: ArrayLike<number>): number[] {
  const length = x.length / radius.length;
  return Array.from(radius, (target, row) => {
    const sorted = Array.from({ length }, (_, k) => x[row * length + k]).sort((a, b) => b - a);
    let total = 0;
    let threshold = 0;
    sorted.forEach((value, i) => {
      total += value;
      if (value > (total - target) / (i + 1)) threshold = (total - target) / (i + 1);
    });
    return Math.max(0, threshold);
  });
}
