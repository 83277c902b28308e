import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import { describe, type TensorType } from '../../graph/shape.ts';

/** One stride and one padding for both axes. */
export type Conv2dAttributes = { readonly stride: number; readonly padding: number };

/** Sizes of one convolution; all three ops are described by those of the forward pass. */
export interface Geometry extends Conv2dAttributes {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
}

export function geometry(x: TensorType, weight: TensorType, { stride, padding }: Conv2dAttributes): Geometry {
  const wrong = (why: string) =>
    new ShapeError(`conv2d(${describe(x)}, ${describe(weight)}), stride ${stride}, padding ${padding}: ${why}`);
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw wrong('both operands have 4 axes, [N, C, H, W] and [C, kH, kW, O]');
  if (x.dtype !== weight.dtype || !formats[x.dtype].floating)
    throw wrong('both operands are of one floating-point format');
  const [images, channels, height, width] = x.shape;
  const [weightChannels, kernelHeight, kernelWidth, outChannels] = weight.shape;
  if (channels !== weightChannels) throw wrong(`the input has ${channels} channels, the weight ${weightChannels}`);
  if (!Number.isInteger(stride) || stride < 1) throw wrong('the stride is a whole number from 1');
  if (!Number.isInteger(padding) || padding < 0) throw wrong('the padding is a whole number from 0');
  const outHeight = Math.floor((height + 2 * padding - kernelHeight) / stride) + 1;
  const outWidth = Math.floor((width + 2 * padding - kernelWidth) / stride) + 1;
  if (outHeight < 1 || outWidth < 1) throw wrong('the kernel is larger than the padded input');
  return {
    images,
    channels,
    height,
    width,
    outChannels,
    outHeight,
    outWidth,
    kernelHeight,
    kernelWidth,
    stride,
    padding,
  };
}

/** The type of the result. @throws ShapeError */
export function outputType(x: TensorType, weight: TensorType, attributes: Conv2dAttributes): TensorType {
  const { images, outChannels, outHeight, outWidth } = geometry(x, weight, attributes);
  return { shape: [images, outChannels, outHeight, outWidth], dtype: x.dtype };
}

export const taps = ({ kernelHeight, kernelWidth }: Geometry) => kernelHeight * kernelWidth;

export const is3x3 = ({ kernelHeight, kernelWidth, stride, padding }: Geometry) =>
  kernelHeight === 3 && kernelWidth === 3 && stride === 1 && padding === 1;

export const cost = (g: Geometry, ...operands: readonly { bytes: number }[]) => ({
  flops: 2 * g.images * g.outChannels * g.outHeight * g.outWidth * g.channels * taps(g),
  bytes: operands.reduce((sum, { bytes }) => sum + bytes, 0),
});
