import conv2dShader from '../../../shaders/conv2d/conv2d.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { elements } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';

/** Sizes of the small kernels, where they have no meaning. */
export const noSizes = { channels: 0, outChannels: 0, taps: 0, flip: 0, count: 0, partStride: 0, parts: 0, zero: 0 };

/** Computes a result in parts, each as large as the output or padded to `stride` elements, and adds them in order. */
export function summed(
  parts: number,
  { output, scratch }: Pick<KernelContext<never>, 'output' | 'scratch'>,
  compute: (partial: Operand) => readonly KernelCall[],
  stride = elements(output.shape),
): KernelCall[] {
  const count = elements(output.shape);
  if (parts === 1 && stride === count) return [...compute(output)];
  const partial = scratch({ shape: [parts, stride], dtype: output.dtype });
  const sum: KernelCall = {
    shader: conv2dShader,
    entry: 'sum',
    constants: { T: output.dtype },
    bind: { source: partial, result: output },
    sizes: { ...noSizes, count, partStride: stride, parts },
    grid: gridOver(count),
    auxiliary: true,
  };
  return [...compute(partial), sum];
}
