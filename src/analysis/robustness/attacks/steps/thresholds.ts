import {
  abs,
  add,
  cast,
  divide,
  fill,
  greater,
  max,
  maximum,
  multiply,
  type Node,
  scale,
  sign,
  subtract,
  sum,
  where,
} from '../../../../engine/index.ts';

const total = (x: Node) => sum(x, [1, 2, 3], { keepDims: true });

/**
 * Newton's steps of `shrinkageTo`. The threshold is exact once no value falls below it any more: measured, after at most 8 steps for 784
 * and 3072 values, uniform, normal, log-normal or Cauchy, and radii of 1e-6 to 0.9 of their sum; after 13 for 150528 values.
 */
const newtonSteps = (values: number): number => (values <= 4096 ? 8 : 14);

/**
 * The threshold t of each image for which max(v − t, 0) over its values adds up to a radius, which projects on the L1 ball and on
 * the simplex (Duchi et al., ICML 2008, figure 1); 0 where the values add up to less. No sort: Newton's steps on the sum, which
 * is convex and falls with t, approach it from below and end at it.
 * @param values at least 0, [N, C, H, W]
 * @param radius [N, 1, 1, 1]
 * @returns [N, 1, 1, 1]
 */
export function shrinkageTo(values: Node, radius: Node): Node {
  const zero = fill(radius.shape, 0);
  // The largest value alone may be as far above the threshold as the radius, no farther.
  let threshold = maximum(subtract(max(values, [1, 2, 3], { keepDims: true }), radius), zero);
  for (let step = 0; step < newtonSteps(values.size / radius.size); step++) {
    const above = subtract(values, threshold);
    const excess = subtract(total(maximum(above, fill(values.shape, 0))), radius);
    const count = total(cast(greater(above, fill(values.shape, 0)), 'f32'));
    const further = divide(excess, maximum(count, fill(count.shape, 1)));
    threshold = add(threshold, maximum(further, zero));
  }
  return threshold;
}

/** Halvings of the range in which `largestPlaces` looks for its threshold: values are told apart to 2⁻²⁴ of the largest. */
const HALVINGS = 24;

/**
 * Which values are among the `count` largest of their image. Values that are as large as the last of these, to 2⁻²⁴ of the
 * largest, are among them, too; a count below 1 is taken for 1. No sort: the threshold is found by halving its range.
 * @param values at least 0, [N, C, H, W]
 * @param count whole numbers, [N, 1, 1, 1]
 * @returns bool [N, C, H, W]
 */
export function largestPlaces(values: Node, count: Node): Node {
  const wanted = maximum(count, fill(count.shape, 1));
  let low = fill(count.shape, 0);
  let width = max(values, [1, 2, 3], { keepDims: true });
  for (let step = 0; step < HALVINGS; step++) {
    width = scale(width, 0.5);
    const middle = add(low, width);
    const above = total(cast(greater(values, middle), 'f32'));
    // At least as many are above: the threshold may rise. In exact halves of one number, sums of f32 lose nothing.
    low = where(greater(wanted, above), low, middle);
  }
  return greater(values, low);
}

/** The nearest point of the L1 ball of each image's radius [N, 1, 1, 1]: each value of [N, C, H, W] shrunk by one threshold. */
export const projectOnL1 = (change: Node, radius: Node): Node =>
  softThreshold(change, shrinkageTo(abs(change), radius));

/** Values [N, C, H, W] nearer to 0 by a threshold [N, 1, 1, 1], and 0 where they are smaller: the proximal operator of the L1 norm. */
export const softThreshold = (values: Node, threshold: Node): Node =>
  multiply(sign(values), maximum(subtract(abs(values), threshold), fill(values.shape, 0)));
