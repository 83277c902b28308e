import { encode } from 'fast-png';
import type { ImageShape } from '../../../models/index.ts';
import type { AttackRecord, Samples } from '../../robustness/index.ts';

/** An attacked image before and after. */
export interface AttackPicture {
  readonly sample: number;
  readonly label: number;
  readonly success: boolean;
  /** PNG in base64: the image before beside the one after, rounded to 8 bits. */
  readonly png: string;
}

/** So few, that they are small beside the records of an attack. */
const MOST_PICTURES = 3;

/** The first samples that were right before the attack, as pictures. @param adversarial [count, C, H, W], as `clean` */
export function attackPictures(
  clean: Samples,
  adversarial: Float32Array,
  shape: ImageShape,
  records: readonly AttackRecord[],
): AttackPicture[] {
  return records
    .filter(({ misclassifiedBefore }) => !misclassifiedBefore)
    .slice(0, MOST_PICTURES)
    .map(({ sample, label, success }) => ({
      sample,
      label,
      success,
      png: base64(sideBySide([clean.images, adversarial], shape, sample)),
    }));
}

/** One image out of each array, from left to right, as a PNG. */
function sideBySide(arrays: readonly Float32Array[], [colours, height, width]: ImageShape, index: number): Uint8Array {
  const channels = colours === 3 ? 3 : 1;
  const all = width * arrays.length;
  const data = new Uint8Array(all * height * channels);
  arrays.forEach((images, place) => {
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const value = images[((index * colours + c) * height + y) * width + x];
          data[(y * all + place * width + x) * channels + c] = Math.round(255 * Math.min(1, Math.max(0, value)));
        }
  });
  return encode({ width: all, height, data, channels, depth: 8 });
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
