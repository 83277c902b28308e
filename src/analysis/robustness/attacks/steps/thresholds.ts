import {
  abs,
  add,
  cast,
  fill,
  greater,
  max,
  maximum,
  multiply,
  type Node,
  reshape,
  scale,
  shrinkageTo,
  sign,
  subtract,
  sum,
  where,
} from '../../../../engine/index.ts';

const total = (x: Node) => sum(x, [1, 2, 3], { keepDims: true });

/**
 * The threshold t of each image for which max(v − t, 0) over its values adds up to a radius; 0 where the values add up to less.
 * @param values at least 0, [N, C, H, W]
 * @param radius [N, 1, 1, 1]
 * @returns [N, 1, 1, 1]
 */
export function shrinkageOf(values: Node, radius: Node): Node {
  const images = radius.size;
  const rows = reshape(values, [images, values.size / images]);
  return reshape(shrinkageTo(rows, reshape(radius, [images])), radius.shape);
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
  softThreshold(change, shrinkageOf(abs(change), radius));

/** Values [N, C, H, W] nearer to 0 by a threshold [N, 1, 1, 1], and 0 where they are smaller: the proximal operator of the L1 norm. */
export const softThreshold = (values: Node, threshold: Node): Node =>
  multiply(sign(values), maximum(subtract(abs(values), threshold), fill(values.shape, 0)));
