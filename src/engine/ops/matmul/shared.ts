import sharedShader from '../../../shaders/matmul/shared.wgsl';
import type { KernelCall, KernelContext } from '../../graph/op.ts';
import { foldedGrid } from '../../kernels/grid.ts';
import { type Block, blockConstants, blockCount, partsOf, preferredBlockFor } from './blocks.ts';
import { inParts } from './inParts.ts';
import { batchConstant, countOf, type Layout, layouts, type MatmulAttributes, type Product } from './layout.ts';

/** The block that a product prefers. */
export const preferredBlock = (product: Product): Block =>
  preferredBlockFor([product.rows, product.columns], countOf(product));

/** How many elements of an operand lie side by side in memory. */
const sideBySide = ({ length, depthStep }: Layout, depth: number) => (depthStep === 1 ? depth : length);

const byFoursConstants = (byFours: boolean) => ({
  A_VEC4: Number(byFours),
  B_VEC4: Number(byFours),
  VEC4: Number(byFours),
});

/** Tiles in workgroup memory, read through the operands' strides; the depth in parts where there are few workgroups. */
export function shared(given: Product, context: KernelContext<MatmulAttributes>, block: Block): KernelCall[] {
  const { rows, columns, depth, batch } = given;
  const [left, right] = layouts(given, context);
  const tiles = blockCount(block, [rows, columns]);
  // All by fours or none: every combination would be a pipeline of its own.
  const byFours = [columns, sideBySide(left, depth), sideBySide(right, depth)].every((length) => length % 4 === 0);
  const parts = partsOf(countOf(given) * tiles, depth);
  const call: Omit<KernelCall, 'bind'> = {
    shader: sharedShader,
    entry: 'multiply',
    constants: {
      ...blockConstants(block),
      A_ALONG: left.depthStep === 1 ? 1 : 0,
      B_ALONG: right.depthStep === 1 ? 1 : 0,
      ...byFoursConstants(byFours),
      ...batchConstant(given),
    },
    sizes: {
      rows,
      columns,
      depth,
      columnTiles: Math.ceil(columns / block.columns),
      tiles,
      parts,
      aRow: left.step,
      aDepth: left.depthStep,
      bDepth: right.depthStep,
      bColumn: right.step,
      ...(batch && { batch: batch.count, aBatch: left.apart, bBatch: right.apart }),
    },
    grid: foldedGrid(countOf(given) * tiles * parts),
  };
  return inParts(parts, context, (output) => [{ ...call, bind: { a: left.operand, b: right.operand, output } }]);
}
