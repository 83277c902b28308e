import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { centreCrop } from '../../../src/models/data/centreCrop.ts';
import type { Image } from '../../../src/models/data/image.ts';
import { resize } from '../../../src/models/data/resize.ts';

interface Made {
  readonly from: readonly [width: number, height: number];
  readonly resize: number | null;
  readonly crop: number | null;
  readonly size: readonly [width: number, height: number];
  readonly pixels: string;
}

/** What torchvision 0.29.2 makes of images of Pillow 13.0.0: test/fixtures/images/images.py. */
const { made }: { made: readonly Made[] } = JSON.parse(readFileSync('test/fixtures/images/images.json', 'utf8'));

/** The image that the fixture begins with. */
function image([width, height]: Made['from']): Image {
  const pixels = Array.from({ length: 3 }, (_, c) =>
    Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return (x * 37 + y * 101 + c * 53 + x * y * 7) % 256;
    }),
  );
  return { channels: 3, height, width, pixels: Uint8Array.from(pixels.flat()) };
}

it.each(made)('$from to $resize, cropped to $crop: the bytes of torchvision', ({ from, size, pixels, ...asked }) => {
  const resized = asked.resize === null ? image(from) : resize(image(from), asked.resize);
  const cropped = asked.crop === null ? resized : centreCrop(resized, asked.crop);
  const [width, height] = size;
  expect(cropped).toEqual({ channels: 3, height, width, pixels: new Uint8Array(Buffer.from(pixels, 'base64')) });
});
