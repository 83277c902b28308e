import { drawUniform, streamId } from '../../../../../base/philox.ts';
import type { ImageShape } from '../../../../../models/index.ts';
import { lengthOf } from '../../run/rows.ts';
import { isMisclassified, type LabelSearch, type Subject } from './labelSearch.ts';

/** Random images that are tried, one after the other, until one is misclassified (Foolbox's number). */
export const MOST_STARTS = 1000;
/** Pixels along the sides of the squares that have one value each, in turn: networks put most images of pure noise into one class. */
const SIDES = [1, 2, 4, 8];
/** Largest error of the first search for the border, as a share of the way to the original. */
const FIRST_SHARE = 1e-3;

/** Queries of a start and its way to the border, at most. */
export const QUERIES_OF_START = MOST_STARTS + Math.ceil(Math.log2(1 / FIRST_SHARE));

/**
 * A misclassified image at the border between the original and a random image of ever coarser noise, uniform in [0, 1]; null where no
 * random image was misclassified.
 * @param streams what the streams of random numbers are called
 */
export function* borderStart(
  { original, sample, shape }: Subject,
  { seed, streams }: { readonly seed: number; readonly streams: string },
): LabelSearch<Float32Array | null> {
  for (let attempt = 0; attempt < MOST_STARTS; attempt++) {
    const image = randomStart({ original, sample, shape }, attempt, { seed, streams });
    if (yield* isMisclassified(image))
      return yield* borderBetween(original, image, FIRST_SHARE * lengthOf(image, '2', original));
  }
  return null;
}

/** The random image that a search begins with in an attempt from 0: ever coarser noise, uniform in [0, 1]. */
export function randomStart(
  { original, sample, shape }: Subject,
  attempt: number,
  { seed, streams }: { readonly seed: number; readonly streams: string },
): Float32Array {
  const source = { seed, stream: streamId(`${streams}.begin.${attempt}`), substream: sample };
  return coarse(drawUniform(source, original.length), shape, SIDES[attempt % SIDES.length]);
}

/** An image in which each square of so many pixels has the value of its first one. */
function coarse(image: Float32Array, [channels, height, width]: ImageShape, side: number): Float32Array {
  const first = (place: number) => place - (place % side);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        image[(c * height + y) * width + x] = image[(c * height + first(y)) * width + first(x)];
  return image;
}

/** Halves the way from an image to a misclassified one until the border is known. @param tolerance largest error, in L2 */
export function* borderBetween(
  original: Float32Array,
  misclassified: Float32Array,
  tolerance: number,
): LabelSearch<Float32Array> {
  const at = (share: number) => original.map((pixel, p) => pixel + share * (misclassified[p] - pixel));
  const length = lengthOf(misclassified, '2', original);
  let low = 0;
  let high = 1;
  while ((high - low) * length > tolerance) {
    const middle = (low + high) / 2;
    if (yield* isMisclassified(at(middle))) high = middle;
    else low = middle;
  }
  return high === 1 ? misclassified : at(high);
}
