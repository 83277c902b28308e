import {
  cast,
  concatenate,
  type DType,
  divide,
  hostArray,
  literal,
  type Node,
  scale,
  slice,
  subtract,
  transpose,
} from '../../../engine/index.ts';
import type { Normalisation } from '../../network/layers.ts';

/** What a network was trained to be given, in place of pixels in [0, 1], red first, as [N, C, H, W]. */
export interface Preprocessing {
  /** Pixels from 0 to 1, the default, or from 0 to 255. */
  readonly range?: '0..1' | '0..255';
  readonly channels?: 'rgb' | 'bgr';
  /** Mean and standard deviation of each channel, in the units of `range` and the order of `channels`. */
  readonly normalise?: Normalisation;
  /** Images as [N, C, H, W] or [N, H, W, C]; what the file says unless given. */
  readonly layout?: 'nchw' | 'nhwc';
}

/** Images as the network takes them, from pixels in [0, 1]: attacks go on speaking of these. @param x [N, C, H, W] */
export function preprocessed(x: Node, computed: DType, { range, channels, normalise, layout }: Preprocessing): Node {
  const pixels = cast(x, computed);
  const ranged = range === '0..255' ? scale(pixels, 255) : pixels;
  const ordered = channels === 'bgr' ? reversedChannels(ranged) : ranged;
  const normalised =
    normalise === undefined
      ? ordered
      : divide(
          subtract(ordered, perChannel(normalise.mean, computed)),
          perChannel(normalise.standardDeviation, computed),
        );
  return layout === 'nhwc' ? transpose(normalised, [0, 2, 3, 1]) : normalised;
}

function reversedChannels(x: Node): Node {
  const [images, channels, ...plane] = x.shape;
  const ofChannel = (channel: number) => slice(x, [0, channel, 0, 0], [images, channel + 1, ...plane]);
  return concatenate(
    Array.from({ length: channels }, (_, i) => ofChannel(channels - 1 - i)),
    1,
  );
}

function perChannel(values: readonly number[], dtype: DType): Node {
  const numbers = hostArray(dtype, values.length);
  numbers.set(values);
  return literal(numbers, [1, values.length, 1, 1], dtype);
}
