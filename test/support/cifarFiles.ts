/** Small files of the official formats of CIFAR-10 and CIFAR-100, made by rule. */

/** Pixel of an image at (channel, row, column): distinct for neighbours in every direction. */
export const cifarPixel = (image: number, channel: number, row: number, column: number): number =>
  (image * 7 + channel * 101 + row * 13 + column * 3) % 256;

/** A record: its label bytes (CIFAR-100: coarse, then fine), then red, green and blue, row by row. */
export function cifarRecord(labels: readonly number[], image: number): number[] {
  const bytes = [...labels];
  for (let channel = 0; channel < 3; channel++)
    for (let row = 0; row < 32; row++)
      for (let column = 0; column < 32; column++) bytes.push(cifarPixel(image, channel, row, column));
  return bytes;
}

/** A file of records, image numbers counted from `first`. */
export const cifarFile = (labels: readonly (readonly number[])[], first = 0): Uint8Array =>
  Uint8Array.from(labels.flatMap((each, i) => cifarRecord(each, first + i)));
