/**
 * A factor as a matrix of [place of the sum k, row or column j]: where its elements lie in a tensor. k and j are numbers of three digits
 * (outer, y, x); see exactMatmul.gather.wgsl.
 */
export interface GatheredMatrix {
  /** Lengths of the digits y and x of k and of j. */
  readonly kLengths: readonly [number, number];
  readonly jLengths: readonly [number, number];
  /** Steps of the outer digits of k and j, and of rows and columns of the tensor. */
  readonly steps: readonly [number, number, number, number];
  /** Rows and columns of the tensor: beyond them are zeros. */
  readonly extent: readonly [number, number];
  /** Row = y of k · first + y of j · second + offset; so do columns. */
  readonly along: readonly [number, number];
  readonly offset?: readonly [number, number];
  /** Element of the tensor that is at row 0, column 0. */
  readonly base?: number;
  /** Rows or columns of the matrix. */
  readonly length: number;
}

/** A matrix whose elements lie a step of k and a step of j apart. */
export const strided = (length: number, kStep: number, jStep: number): GatheredMatrix => ({
  kLengths: [1, 1],
  jLengths: [1, 1],
  steps: [kStep, jStep, 0, 0],
  extent: [1, 1],
  along: [1, 1],
  length,
});

/** The numbers that describe a matrix to kernels, in the order of exactMatmul.gather.wgsl. */
export function viewOf({
  kLengths,
  jLengths,
  steps,
  extent,
  along,
  offset = [0, 0],
  base = 0,
  length,
}: GatheredMatrix) {
  return [...kLengths, ...jLengths, ...steps, ...extent, base, length, ...along, ...offset];
}

/**
 * Where the residues of a factor lie: [pair of outer places k, outer digit of j, row, column], rows and columns being
 * those that any tap sees.
 */
export function layoutOf({ kLengths, jLengths, along, offset = [0, 0], length }: GatheredMatrix, depth: number) {
  const axis = (which: 0 | 1) => {
    const k = along[0] * (kLengths[which] - 1);
    const j = along[1] * (jLengths[which] - 1);
    const first = offset[which] + Math.min(0, k) + Math.min(0, j);
    return { first, length: offset[which] + Math.max(0, k) + Math.max(0, j) + 1 - first };
  };
  const [rows, columns] = [axis(0), axis(1)];
  const outerK = depth / (kLengths[0] * kLengths[1]);
  const outerJ = length / (jLengths[0] * jLengths[1]);
  const image = rows.length * columns.length;
  const pair = outerJ * image;
  const words = Math.ceil(outerK / 2) * pair;
  const step = along[0] * columns.length;
  return {
    words,
    split: {
      words,
      outerJ,
      rows: rows.length,
      columns: columns.length,
      first: [rows.first, columns.first],
      outerK,
    },
    /** Members of the product's sizes. */
    lane: [...jLengths, image, along[1] * columns.length],
    last: [along[1], (offset[0] - rows.first) * columns.length + offset[1] - columns.first],
    steps: [along[0], step - along[0] * kLengths[1], pair - step * kLengths[0], words],
  };
}
