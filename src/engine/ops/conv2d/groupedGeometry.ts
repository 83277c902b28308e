import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import { describe, type TensorType } from '../../graph/shape.ts';
import { type Axis, axesOf, type Sliding, slidingProblem, slidingText, windowsAlong } from '../../graph/window.ts';

/** How the taps of a convolution by groups slide, and in how many groups its channels are. */
export type GroupedAttributes = Sliding & { readonly groups: number };

/** Sizes of a convolution by groups; all three ops are described by those of the forward pass. */
export interface GroupedGeometry {
  readonly images: number;
  /** All of x's channels, and those that a group sums over. */
  readonly channels: number;
  readonly groupChannels: number;
  readonly height: number;
  readonly width: number;
  /** All of the output's channels, and those of a group. */
  readonly outChannels: number;
  readonly groupOutChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly groups: number;
  readonly rows: Axis;
  readonly columns: Axis;
}

/** @throws ShapeError that names both operands */
export function groupedGeometry(x: TensorType, weight: TensorType, attributes: GroupedAttributes): GroupedGeometry {
  const { groups } = attributes;
  const how = `${slidingText(attributes)}${groups === 1 ? '' : `, ${groups} groups`}`;
  const wrong = (why: string) => new ShapeError(`conv2d(${describe(x)}, ${describe(weight)}), ${how}: ${why}`);
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw wrong('both operands have 4 axes, [N, C, H, W] and [C / groups, kH, kW, O]');
  if (x.dtype !== weight.dtype || !formats[x.dtype].floating)
    throw wrong('both operands are of one floating-point format');
  const [images, channels, height, width] = x.shape;
  const [groupChannels, kernelHeight, kernelWidth, outChannels] = weight.shape;
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0 || outChannels % groups !== 0)
    throw wrong(`the groups are a whole number from 1 that divides ${channels} channels and ${outChannels}`);
  if (channels !== groups * groupChannels)
    throw wrong(`the input has ${channels} channels, the weight ${groups} times ${groupChannels}`);
  const problem = slidingProblem(attributes);
  if (problem !== undefined) throw wrong(problem);
  const [rows, columns] = axesOf([height, width], [kernelHeight, kernelWidth], attributes);
  const [outHeight, outWidth] = [windowsAlong(rows), windowsAlong(columns)];
  if (outHeight < 1 || outWidth < 1) throw wrong('the kernel is larger than the padded input');
  const groupOutChannels = outChannels / groups;
  return {
    images,
    channels,
    groupChannels,
    height,
    width,
    outChannels,
    groupOutChannels,
    outHeight,
    outWidth,
    groups,
    rows,
    columns,
  };
}

export const tapsOf = ({ rows, columns }: GroupedGeometry): number => rows.kernel * columns.kernel;

export const groupedCost = (g: GroupedGeometry, ...operands: readonly { bytes: number }[]) => ({
  flops: 2 * g.images * g.outChannels * g.outHeight * g.outWidth * g.groupChannels * tapsOf(g),
  bytes: operands.reduce((sum, { bytes }) => sum + bytes, 0),
});
