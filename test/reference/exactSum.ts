import { ExactSum } from './exactMatmul.ts';

/** Sums of x [outer, reduced, kept, inner] over reduced and inner, each exact and rounded once: [outer, kept]. */
export function exactSum(
  x: ArrayLike<number>,
  [outer, reduced, kept, inner]: readonly [number, number, number, number],
): Float64Array {
  return Float64Array.from({ length: outer * kept }, (_, target) => {
    const sum = new ExactSum();
    for (let r = 0; r < reduced; r++)
      for (let i = 0; i < inner; i++)
        sum.add(1, x[((Math.floor(target / kept) * reduced + r) * kept + (target % kept)) * inner + i]);
    return sum.result();
  });
}
