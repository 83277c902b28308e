import type { Image } from './image.ts';

type Size = Pick<Image, 'height' | 'width'>;

/** Bits behind the point of a weight: Pillow's `PRECISION_BITS`, so that 8-bit results are the same to the last bit. */
const WEIGHT_BITS = 22;
const HALF = 1 << (WEIGHT_BITS - 1);

/** The weights of the pixels from `first` on that make one new pixel, in units of 2^-22. */
interface Weights {
  readonly first: number;
  readonly weights: Int32Array;
}

/**
 * Resizes an image so that its shorter side has `side` pixels and its longer one `floor(side * longer / shorter)`, by triangles that are as
 * wide as the scale (bilinear with antialias): torchvision's `Resize(side)` on a PIL image, to the same bytes.
 * Source: `libImaging/Resample.c` of Pillow 12 and 13; `_compute_resized_image_output_size` of torchvision.
 */
export function resize(image: Image, side: number): Image {
  const { height, width } = resizedSize(image, side);
  return resampleRows(resampleColumns(image, width), height);
}

/** The size that `resize` gives an image. */
export function resizedSize({ height, width }: Size, side: number): Size {
  const longer = Math.floor((side * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { height: longer, width: side } : { height: side, width: longer };
}

function resampleColumns(image: Image, newWidth: number): Image {
  const { channels, height, width, pixels } = image;
  if (newWidth === width) return image;
  const weights = weightsOf(width, newWidth);
  const out = new Uint8Array(channels * height * newWidth);
  for (let row = 0; row < channels * height; row++)
    for (let x = 0; x < newWidth; x++) out[row * newWidth + x] = weighted(pixels, row * width, 1, weights[x]);
  return { channels, height, width: newWidth, pixels: out };
}

function resampleRows(image: Image, newHeight: number): Image {
  const { channels, height, width, pixels } = image;
  if (newHeight === height) return image;
  const weights = weightsOf(height, newHeight);
  const out = new Uint8Array(channels * newHeight * width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < newHeight; y++)
      for (let x = 0; x < width; x++)
        out[(c * newHeight + y) * width + x] = weighted(pixels, c * height * width + x, width, weights[y]);
  return { channels, height: newHeight, width, pixels: out };
}

/** One new pixel, rounded to a byte; weights are not negative and their sum is 1, so that it never leaves 0 .. 255. */
function weighted(pixels: Uint8Array, start: number, stride: number, { first, weights }: Weights): number {
  let sum = HALF;
  for (let i = 0; i < weights.length; i++) sum += pixels[start + (first + i) * stride] * weights[i];
  return sum >> WEIGHT_BITS;
}

function weightsOf(size: number, newSize: number): Weights[] {
  const scale = size / newSize;
  // Enlarging, a triangle reaches to the next pixel's centre; making smaller, so many pixels further.
  const reach = Math.max(scale, 1);
  return Array.from({ length: newSize }, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(size, Math.trunc(centre + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, i) =>
      Math.max(0, 1 - Math.abs((i + first - centre + 0.5) * (1 / reach))),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    const weights = Int32Array.from(raw, (weight) => Math.floor(0.5 + (weight / total) * 2 ** WEIGHT_BITS));
    return { first, weights };
  });
}
