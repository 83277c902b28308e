/** An image as the pixels that models take. */
export interface Image {
  /** 1: grey; 3: red, green, blue. */
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** [channels, height, width], one byte a pixel. */
  readonly pixels: Uint8Array;
}

/** Pixels along a side: a header that announces more is a mistake, or hostile. */
export const LONGEST_SIDE = 4096;

/** A grey image in three equal colours, as PIL's `convert('RGB')` makes it; one in colour as it is. */
export function inColour(image: Image): Image {
  if (image.channels === 3) return image;
  const { pixels } = image;
  const colours = new Uint8Array(3 * pixels.length);
  for (let c = 0; c < 3; c++) colours.set(pixels, c * pixels.length);
  return { ...image, channels: 3, pixels: colours };
}
