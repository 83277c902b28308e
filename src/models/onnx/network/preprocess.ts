import { cast, type DType, flip, type Node, scale, transpose } from '../../../engine/index.ts';
import { type Normalisation, normalised } from '../../network/layers.ts';

/** Pixels that a network takes. */
export const PIXEL_RANGES = ['0..1', '0..255'] as const;

export const COLOUR_ORDERS = ['rgb', 'bgr'] as const;

/** Axes of images after the batch's. */
export const LAYOUTS = ['nchw', 'nhwc'] as const;

/** What a network was trained to be given, in place of pixels in [0, 1], red first, as [N, C, H, W]. */
export interface Preprocessing {
  /** Pixels from 0 to 1, the default, or from 0 to 255. */
  readonly range?: (typeof PIXEL_RANGES)[number];
  readonly channels?: (typeof COLOUR_ORDERS)[number];
  /** Mean and standard deviation of each channel, in the units of `range` and the order of `channels`. */
  readonly normalise?: Normalisation;
  /** Images as [N, C, H, W] or [N, H, W, C]; what the file says unless given. */
  readonly layout?: (typeof LAYOUTS)[number];
}

/** Images as the network takes them, from pixels in [0, 1]: attacks go on speaking of these. @param x [N, C, H, W] */
export function preprocessed(x: Node, computed: DType, { range, channels, normalise, layout }: Preprocessing): Node {
  const pixels = cast(x, computed);
  const ranged = range === '0..255' ? scale(pixels, 255) : pixels;
  const ordered = channels === 'bgr' ? flip(ranged, [1]) : ranged;
  const scaled = normalise === undefined ? ordered : normalised(ordered, normalise);
  return layout === 'nhwc' ? transpose(scaled, [0, 2, 3, 1]) : scaled;
}
