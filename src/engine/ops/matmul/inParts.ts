import sumShader from '../../../shaders/matmul/sum.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { elements } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { summed } from '../conv2d/parts.ts';

/**
 * Computes a result of f32 by blocks of sums in parts of its depth, each as large as the output, and adds them in order, by fours where
 * they are whole.
 */
export function inParts(
  parts: number,
  context: Pick<KernelContext<never>, 'output' | 'scratch'>,
  compute: (partial: Operand) => readonly KernelCall[],
): KernelCall[] {
  const { output, scratch } = context;
  const count = elements(output.shape);
  if (parts === 1 || count % 4 !== 0) return summed(parts, context, compute);
  const source = scratch({ shape: [parts, count], dtype: output.dtype });
  const sum: KernelCall = {
    shader: sumShader,
    entry: 'sum',
    bind: { source, result: output },
    sizes: { count: count / 4, parts },
    grid: gridOver(count / 4),
    auxiliary: true,
  };
  return [...compute(source), sum];
}
