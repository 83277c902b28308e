import weightPortableShader from '../../../shaders/conv2d/weight.portable.wgsl';
import weightShader from '../../../shaders/conv2d/weight.wgsl';
import windowShader from '../../../shaders/conv2d/weight.window.wgsl';
import type { KernelCall, KernelContext } from '../../graph/op.ts';
import type { TapKernel } from './direct.ts';
import { type Geometry, taps } from './geometry.ts';
import { summed } from './parts.ts';

/** Workgroups that keep the cores of a small device busy; more parts only cost more sums. */
const ENOUGH_WORKGROUPS = 16;

type Context = Pick<KernelContext<never>, 'inputs' | 'output' | 'scratch'>;

/** How the images are split so that there are enough workgroups. @param workgroups those of one part */
export function split(images: number, workgroups: number) {
  const wanted = Math.min(images, Math.ceil(ENOUGH_WORKGROUPS / workgroups));
  const imagesPerPart = Math.ceil(images / wanted);
  return { imagesPerPart, parts: Math.ceil(images / imagesPerPart) };
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
  const [ROWS, columns] = kernel === 'subgroup' ? [32, 32] : [4, 64 * 4];
  const columnGroups = Math.ceil(weights / columns);
  const rowGroups = Math.ceil(g.outChannels / ROWS);
  const { imagesPerPart, parts } = split(g.images, columnGroups * rowGroups);
  const variant: Pick<KernelCall, 'shader' | 'constants'> =
    kernel === 'subgroup'
      ? { shader: weightShader, constants: { ROWS, COLUMNS: 4 } }
      : { shader: weightPortableShader, constants: { T: x.dtype, ROWS, COLUMNS: 4 } };
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
