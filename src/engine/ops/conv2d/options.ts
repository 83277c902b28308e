import type { Node } from '../../graph/op.ts';
import { commonOf, type Padding, type PerAxis, paddingOf, pairOf } from '../../graph/window.ts';
import type { Conv2dAttributes } from './geometry.ts';
import type { GroupedAttributes } from './groupedGeometry.ts';

/** How a convolution (a cross-correlation, which the field calls so) goes over its input. */
export interface Conv2dOptions {
  readonly stride?: PerAxis;
  readonly padding?: Padding;
  /** Pixels from one tap to the next. */
  readonly dilation?: PerAxis;
  /** Groups of channels: output channels of a group are made of the input channels of the same group. */
  readonly groups?: number;
}

/** Options as attributes of the op that takes them all, and of the one that has most kernels, where that can do it. */
interface Sliding {
  readonly how: GroupedAttributes;
  /** The op of squares computes this: of the input itself (`padded` is false), or of the input in a frame of zeros. */
  readonly squares: Conv2dAttributes | null;
  readonly padded: boolean;
}

export function slidingOf(
  { shape: [, kernelHeight, kernelWidth] }: Node,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions,
): Sliding {
  // The distance to the next tap says nothing where there is one.
  const [rows, columns] = pairOf(dilation);
  const how: GroupedAttributes = {
    stride: pairOf(stride),
    dilation: [kernelHeight === 1 ? 1 : rows, kernelWidth === 1 ? 1 : columns],
    padding: paddingOf(padding),
    groups,
  };
  const step = commonOf(how.stride);
  const sides = how.padding.flat();
  const isSquare = groups === 1 && step !== null && commonOf([...how.dilation, 1]) !== null;
  return {
    how,
    squares: isSquare ? { stride: step, padding: Math.min(...sides) } : null,
    padded: commonOf(sides) === null,
  };
}
