import conv2dShader from '../../../shaders/conv2d/conv2d.wgsl';
import weightPortableShader from '../../../shaders/conv2d/weight.portable.wgsl';
import weightSharedShader from '../../../shaders/conv2d/weight.shared.wgsl';
import weightShader from '../../../shaders/conv2d/weight.wgsl';
import windowShader from '../../../shaders/conv2d/weight.window.wgsl';
import type { KernelCall, KernelContext, Operand } from '../../graph/op.ts';
import { elements } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { noSizes, type TapKernel } from './direct.ts';
import { type Geometry, taps } from './geometry.ts';

/** Workgroups that keep the cores of a small device busy, and those of a GPU; more parts only cost more sums. */
const ENOUGH_WORKGROUPS = 16;
const ENOUGH_WORKGROUPS_OF_A_GPU = 256;

type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'scratch'>;

/** How the images are split so that there are enough workgroups. @param workgroups those of one part */
export function split(images: number, workgroups: number, enough = ENOUGH_WORKGROUPS) {
  const wanted = Math.min(images, Math.ceil(enough / workgroups));
  const imagesPerPart = Math.ceil(images / wanted);
  return { imagesPerPart, parts: Math.ceil(images / imagesPerPart) };
}

/** Computes the gradient in parts, each as large as the output or padded to `stride` elements, and adds them in order. */
export function summed(
  parts: number,
  { output, scratch }: Context,
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

/** 3×3, stride 1, padding 1: a window slides over the input. */
export function window(g: Geometry, context: Context): KernelCall[] {
  const [x, gradient] = context.inputs;
  const columnGroups = g.channels / 8;
  const rowGroups = Math.ceil(g.outChannels / 16);
  const { imagesPerPart, parts } = split(g.images, columnGroups * rowGroups);
  return summed(parts, context, (partial) => [
    {
      shader: windowShader,
      entry: 'window',
      constants: { ROWS: 16 },
      bind: { x, gradient, partial },
      sizes: {
        images: g.images,
        imagesPerPart,
        channels: g.channels,
        outChannels: g.outChannels,
        height: g.height,
        width: g.width,
      },
      grid: [columnGroups, rowGroups, parts],
    },
  ]);
}

/** Any convolution: an outer product, summed over output pixels. */
export function outer(g: Geometry, context: Context, kernel: TapKernel): KernelCall[] {
  const [x, gradient] = context.inputs;
  const weights = g.channels * taps(g);
  const [ROWS, columns] = kernel === 'subgroup' ? [32, 32] : kernel === 'portable' ? [4, 64 * 4] : [kernel, kernel];
  const inWorkgroupMemory = typeof kernel === 'number';
  const columnGroups = Math.ceil(weights / columns);
  const rowGroups = Math.ceil(g.outChannels / ROWS);
  const enough = inWorkgroupMemory ? ENOUGH_WORKGROUPS_OF_A_GPU : ENOUGH_WORKGROUPS;
  const { imagesPerPart, parts } = split(g.images, columnGroups * rowGroups, enough);
  const variant: Pick<KernelCall, 'shader' | 'constants'> = inWorkgroupMemory
    ? {
        shader: weightSharedShader,
        constants: { TILE: kernel, A_ALONG_DEPTH: 'true', B_ALONG_DEPTH: 'true' },
      }
    : kernel === 'subgroup'
      ? { shader: weightShader, constants: { ROWS, COLUMNS: 4 } }
      : {
          shader: weightPortableShader,
          constants: { T: x.dtype, ROWS, COLUMNS: 4 },
        };
  return summed(parts, context, (partial) => [
    {
      ...variant,
      entry: 'outer',
      bind: { x, gradient, partial },
      sizes: {
        weights,
        taps: taps(g),
        tapColumns: g.kernelWidth,
        outChannels: g.outChannels,
        height: g.height,
        width: g.width,
        outHeight: g.outHeight,
        outWidth: g.outWidth,
        stride: g.stride,
        padding: [g.padding, g.padding],
        images: g.images,
        imagesPerPart,
        zero: 0,
      },
      grid: [columnGroups, rowGroups, parts],
    },
  ]);
}
