/** PNG and JPEG images as the pixels that models take. */
import type { Sharp } from 'sharp';
import { InputError } from '../../base/errors.ts';
import { type Image, LONGEST_SIDE } from './image.ts';

const SIGNATURES = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
];

/**
 * Decodes a PNG or a JPEG, whatever its name says, to the bytes of PIL's `convert('RGB')`, or of `convert('L')` where the file is grey:
 * opacity is dropped, of 16 bits the upper 8 are kept, CMYK becomes RGB without a profile, and neither colour profiles nor the orientation
 * in EXIF are followed. (Only where PIL takes every value above 255 of 16-bit grey for white, the upper 8 bits are kept as well.)
 * @param file its name, for messages
 * @throws InputError when it is neither, damaged, or larger than 4096 pixels along a side
 */
export async function decodeImage(bytes: Uint8Array, file: string): Promise<Image> {
  if (!SIGNATURES.some((signature) => signature.every((byte, i) => bytes[i] === byte)))
    throw new InputError(`${file}: neither a PNG nor a JPEG image`);
  // A native library, loaded only where it is needed.
  const { default: sharp } = await import('sharp');
  const source = sharp(bytes, { ignoreIcc: true, limitInputPixels: false });
  const { width, height, space } = await source.metadata().catch((error) => damaged(error, file));
  if (Math.max(width, height) > LONGEST_SIDE)
    throw new InputError(`${file}: ${width} x ${height} pixels, at most ${LONGEST_SIDE} x ${LONGEST_SIDE} are read`);
  const { data, samples } = await rawOf(space === 'cmyk' ? inInk(source) : source, file);
  const image = { channels: space === 'b-w' || space === 'grey16' ? 1 : 3, height, width } as const;
  return { ...image, pixels: space === 'cmyk' ? lightOf(data) : planes(data, samples, image.channels) };
}

/** Without this the library would make colours of inks by a profile of its own. */
const inInk = (source: Sharp): Sharp => source.pipelineColourspace('cmyk').toColourspace('cmyk');

async function rawOf(source: Sharp, file: string): Promise<{ data: Uint8Array; samples: number }> {
  const { data, info } = await source
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error) => damaged(error, file));
  return { data, samples: info.channels };
}

function damaged(error: unknown, file: string): never {
  throw new InputError(`${file}: damaged image: ${(error as Error).message.replace(/\s+/g, ' ').trim()}`);
}

/** Colours one after the other, as the data set formats have them; of grey that was tripled, and of opacity, nothing is kept. */
function planes(data: Uint8Array, samples: number, channels: 1 | 3): Uint8Array {
  const area = data.length / samples;
  const pixels = new Uint8Array(channels * area);
  for (let c = 0; c < channels; c++) for (let i = 0; i < area; i++) pixels[c * area + i] = data[i * samples + c];
  return pixels;
}

/** The light that cyan, magenta, yellow and black leave, each product rounded to a byte as in PIL's `cmyk2rgb`. */
function lightOf(inks: Uint8Array): Uint8Array {
  const area = inks.length / 4;
  const pixels = new Uint8Array(3 * area);
  for (let i = 0; i < area; i++) {
    const light = 255 - inks[4 * i + 3];
    for (let c = 0; c < 3; c++) pixels[c * area + i] = light - Math.round((inks[4 * i + c] * light) / 255);
  }
  return pixels;
}
