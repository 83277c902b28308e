/** PNG images as the pixels that models take. */
import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import { InputError } from '../../engine/errors.ts';

export interface Image {
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** [channels, height, width], one byte a pixel. */
  readonly pixels: Uint8Array;
}

/** Pixels along a side: a header that announces more is a mistake, or hostile. */
const LONGEST_SIDE = 4096;
/** Signature, and the chunk that holds the size. */
const HEADER_BYTES = 33;

/**
 * Decodes a PNG: grey or colour of 8 or 16 bits (of which the upper 8 are kept, rounded), or with a palette. Sums are checked.
 * @param file its name, for messages
 * @throws InputError when it is no PNG, damaged, larger than 4096 pixels along a side, or anywhere transparent
 */
export function decodePng(bytes: Uint8Array, file: string): Image {
  if (bytes.length < HEADER_BYTES || !hasPngSignature(bytes)) throw new InputError(`${file}: not a PNG image`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  if (Math.max(width, height) > LONGEST_SIDE)
    throw new InputError(`${file}: ${width} x ${height} pixels, at most ${LONGEST_SIDE} x ${LONGEST_SIDE} are read`);
  const png = decoded(bytes, file);
  if (png.transparency !== undefined) throw transparent(file);
  const image = png.palette === undefined ? plain(png, file) : paletted(png, file);
  return { ...planes(image, png, file), height, width };
}

const transparent = (file: string) => new InputError(`${file}: has transparent pixels: save it without transparency`);

function decoded(bytes: Uint8Array, file: string): DecodedPng {
  try {
    return decode(bytes, { checkCrc: true });
  } catch (error) {
    throw new InputError(`${file}: damaged PNG image: ${(error as Error).message.replace(/\s+/g, ' ')}`);
  }
}

/** Pixel by pixel, of each so many samples, the last of them opacity where their number is even. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly samples: number;
  readonly most: number;
}

function plain({ data, channels, depth }: DecodedPng, file: string): Samples {
  if (depth < 8) throw new InputError(`${file}: ${depth} bits a pixel: save it with 8`);
  return { data, samples: channels, most: 2 ** depth - 1 };
}

function paletted(png: DecodedPng, file: string): Samples {
  const { palette = [], width, height } = png;
  const samples = palette[0]?.length ?? 0;
  const data = convertIndexedToRgb(png);
  if (data.length !== width * height * samples) throw new InputError(`${file}: damaged PNG image: a colour is missing`);
  return { data, samples, most: 255 };
}

/** Colours one after the other, as the data set formats have them. */
function planes({ data, samples, most }: Samples, { width, height }: DecodedPng, file: string) {
  const channels = samples < 3 ? 1 : 3;
  const area = width * height;
  if (samples % 2 === 0)
    for (let i = 0; i < area; i++) if (data[i * samples + channels] !== most) throw transparent(file);
  const pixels = new Uint8Array(channels * area);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++) pixels[c * area + i] = Math.round((data[i * samples + c] * 255) / most);
  return { channels, pixels } as const;
}
