import type { ImageShape } from '../../models/index.ts';

/** MNIST's digits fill a box of so many of its 28 pixels. */
const BOX = 20 / 28;

/** Draws what is given at a size and reads its pixels in the order [C, H, W], in [0, 1]; grey is Rec. 601's luma. */
function pixelsOf(
  draw: (context: CanvasRenderingContext2D) => void,
  [channels, height, width]: ImageShape,
): Float32Array {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = 'black';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = 'high';
  draw(context);
  const { data } = context.getImageData(0, 0, width, height);
  const area = width * height;
  const luma = (at: number) => 0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2];
  return Float32Array.from({ length: channels * area }, (_, i) => {
    const at = i % area;
    const level = channels === 3 ? data[4 * at + Math.floor(i / area)] : luma(at);
    return Math.min(1, level / 255);
  });
}

/** Megapixels of the largest picture that is read: each takes 4 MB once it is decoded. */
const LARGEST = 100;

/**
 * An image file's pixels, cut to the middle and scaled to a network's size. Its values are taken as they stand, without its colour profile,
 * as other programs read training images; of 16 bits the upper 8 are kept, what is transparent lies on black.
 * @throws Error where the browser cannot read it, or where it is too large
 */
export async function filePixels(file: File, shape: ImageShape): Promise<Float32Array> {
  const unreadable = () =>
    new Error(`${file.name}: the browser cannot read it as an image; PNG, JPEG and WebP are read`);
  const megapixels = (await announcedArea(file, unreadable)) / 1e6;
  if (megapixels > LARGEST)
    throw new Error(`${file.name}: ${Math.round(megapixels)} megapixels; at most ${LARGEST} are read`);
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none' }).catch(() => {
    throw unreadable();
  });
  const [, height, width] = shape;
  const scale = Math.max(width / bitmap.width, height / bitmap.height);
  const [w, h] = [bitmap.width * scale, bitmap.height * scale];
  return pixelsOf((context) => context.drawImage(bitmap, (width - w) / 2, (height - h) / 2, w, h), shape);
}

/** How many pixels an image's header announces: nothing is decoded yet. */
async function announcedArea(file: File, unreadable: () => Error): Promise<number> {
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(unreadable());
      image.src = address;
    });
    return image.naturalWidth * image.naturalHeight;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A drawing's pixels, its strokes brought to the size and place of MNIST's digits; null where nothing was drawn. */
export function strokePixels(drawing: HTMLCanvasElement, shape: ImageShape): Float32Array | null {
  const { width: side } = drawing;
  const { data } = drawing.getContext('2d')!.getImageData(0, 0, side, side);
  const lit = Array.from({ length: side * side }, (_, at) => at).filter((at) => data[4 * at] > 32);
  if (lit.length === 0) return null;
  const [left, right] = extremes(lit.map((at) => at % side));
  const [top, bottom] = extremes(lit.map((at) => Math.floor(at / side)));
  const [, height, width] = shape;
  const scale = (BOX * Math.min(width, height)) / Math.max(right - left, bottom - top, 1);
  const [w, h] = [(right - left) * scale, (bottom - top) * scale];
  return pixelsOf(
    (context) =>
      context.drawImage(drawing, left, top, right - left, bottom - top, (width - w) / 2, (height - h) / 2, w, h),
    shape,
  );
}

const extremes = (numbers: readonly number[]): [number, number] =>
  numbers.reduce(([low, high], x) => [Math.min(low, x), Math.max(high, x + 1)], [Number.POSITIVE_INFINITY, 0]);
