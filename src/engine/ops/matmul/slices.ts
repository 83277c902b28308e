import { BINDING_ALIGNMENT } from '../../graph/capabilities.ts';
import { formats } from '../../graph/dtype.ts';
import type { Node } from '../../graph/op.ts';
import { placementOf } from '../../graph/placement.ts';
import { isWhole } from '../../graph/view.ts';
import { convert, isConversion } from '../elementwise/convert.ts';
import { fill, isFill } from '../elementwise/define.ts';
import { add } from '../elementwise/elementwise.ts';
import { part } from '../shape/pack.ts';
import { concatenate, slice, transpose } from '../shape/shape.ts';
import type { MatmulAttributes } from './layout.ts';

/**
 * Products with a matrix that is larger than a device binds: the first linear layer of VGG has 411 MB, and WebGPU promises 128 MiB. Such
 * a matrix is bound in slices of its rows as they lie in memory, so nothing is copied. One of a single number has slices of that number.
 */

/** Kernels read small formats as f32. */
const SMALLEST_BYTES = 4;
/** Kernels that pack an operand fill its rows up to whole vec4s. */
const VEC4 = 4;

const boundBytes = ({ size, dtype }: Pick<Node, 'size' | 'dtype'>): number =>
  size * Math.max(SMALLEST_BYTES, formats[dtype].bytes);

/**
 * A product of two matrices as products with slices of the operand that is larger than `most` bytes. Slices of outputs stand side by
 * side; those of the depth, as in a linear layer's gradient, are added in their order.
 * @param multiply the op itself
 * @returns null where both can be bound, or where the large one does not lie in memory row by row
 */
export function inSlices(
  operands: readonly Node[],
  { transposeA, transposeB }: MatmulAttributes,
  most: number,
  multiply: (operands: readonly Node[], attributes: MatmulAttributes) => Node,
): Node | null {
  const large = operands.findIndex((x) => x.shape.length === 2 && boundBytes(x) > most);
  if (large === -1) return null;
  const replaced = (by: Node, other = operands[1 - large]) => (large === 0 ? [by, other] : [other, by]);
  if (!hasRows(operands[large])) {
    const across = transpose(operands[large], [1, 0]);
    const flipped = { transposeA: transposeA !== (large === 0), transposeB: transposeB !== (large === 1) };
    return hasRows(across) ? multiply(replaced(across), flipped) : null;
  }
  const ranges = rangesOf(operands[large], most);
  if (ranges === null) return null;
  // Rows of a are rows of the product, those of a transposed a positions of the depth; with b it is the other way round.
  const alongDepth = large === 0 ? transposeA : !transposeB;
  const depthOfOther = large === 0 ? Number(transposeB) : Number(!transposeA);
  const products = ranges.map(([from, to]) => {
    const rows = rowsOf(operands[large], from, to);
    const other = operands[1 - large];
    const beside = alongDepth ? between(other, depthOfOther, from, to) : other;
    return multiply(replaced(rows, beside), { transposeA, transposeB });
  });
  return alongDepth ? products.reduce(add) : concatenate(products, large);
}

/** The fewest slices of rows that are at most so many bytes and begin where a binding may, nearly equal; null: a row or few are larger. */
function rangesOf(
  { shape: [rows, length], dtype }: Node,
  most: number,
): (readonly [from: number, to: number])[] | null {
  let step = VEC4;
  // In bytes of the smallest format: what is converted may lie in any.
  while ((step * length) % BINDING_ALIGNMENT !== 0) step *= 2;
  const bytes = boundBytes({ size: step * length, dtype });
  if (bytes > most) return null;
  const steps = Math.ceil(rows / step);
  const each = step * Math.ceil(steps / Math.ceil(steps / Math.floor(most / bytes)));
  return Array.from({ length: Math.ceil(rows / each) }, (_, i) => [i * each, Math.min(rows, (i + 1) * each)] as const);
}

/** Whether the rows of a matrix lie in memory one behind the other, or are converted from such rows. */
const hasRows = (x: Node): boolean => (isConversion(x) ? hasRows(x.inputs[0]) : isWhole(placementOf(x).view, x.shape));

function rowsOf(x: Node, from: number, to: number): Node {
  if (isConversion(x)) return convert(rowsOf(x.inputs[0], from, to), x.dtype);
  const [, length] = x.shape;
  const { source } = placementOf(x);
  if (isFill(source)) return fill([to - from, length], source.attributes.value as number, source.dtype);
  return part(source, from * length, [to - from, length]);
}

/** A matrix between two positions of an axis. */
const between = (x: Node, axis: number, from: number, to: number): Node =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((length, i) => (i === axis ? to : length)),
  );
