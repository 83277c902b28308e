import { abs, fill, less, type Node, sum } from '../../../../engine/index.ts';

/** Absolute sums of a gradient from here on count as not finite; WGSL promises nothing for infinities themselves. */
const LARGEST = 1e38;

/** Samples whose gradients tell an attack nothing: the signs of gradient masking (Athalye et al., arXiv 1802.00420). */
export interface MaskingSigns {
  /** Met a gradient of zero while they were attacked. */
  readonly zero: ReadonlySet<number>;
  /** Met a gradient that is not finite. */
  readonly notFinite: ReadonlySet<number>;
}

export const noSigns: MaskingSigns = { zero: new Set(), notFinite: new Set() };

/** Absolute sum of each image's gradient, [N, C, H, W] → [N, 1, 1, 1]. */
export const magnitudeOf = (gradient: Node): Node => sum(abs(gradient), [1, 2, 3], { keepDims: true });

/** Whether a gradient of this magnitude can be followed; NaN does not compare as less. */
export const isUsable = (magnitude: Node): Node => less(magnitude, fill(magnitude.shape, LARGEST));

/** Adds what a step's magnitudes, [N], show of the samples that it attacked. */
export function observe(signs: MaskingSigns, magnitudes: ArrayLike<number>, active: readonly boolean[]): MaskingSigns {
  const met = (test: (magnitude: number) => boolean) =>
    active.flatMap((isActive, i) => (isActive && test(magnitudes[i]) ? [i] : []));
  return {
    zero: new Set([...signs.zero, ...met((magnitude) => magnitude === 0)]),
    notFinite: new Set([...signs.notFinite, ...met((magnitude) => !(magnitude < LARGEST))]),
  };
}
