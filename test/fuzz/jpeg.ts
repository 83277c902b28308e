import sharp, { type JpegOptions } from 'sharp';
import { decodeImage } from '../../src/models/data/decodeImage.node.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const pixels = (channels: number) => Uint8Array.from({ length: 16 * 16 * channels }, (_, i) => (i * 37) % 256);

const written = (channels: 1 | 3, options: JpegOptions): Promise<Uint8Array> =>
  sharp(pixels(channels), { raw: { width: 16, height: 16, channels } })
    .jpeg(options)
    .toBuffer();

/** JPEG images, baseline and progressive, grey and in colour, written by sharp. */
export const jpeg: FuzzTarget = {
  seeds: async () => [
    await written(1, { quality: 50 }),
    await written(3, { quality: 80 }),
    await written(3, { progressive: true, chromaSubsampling: '4:4:4' }),
  ],
  read: (bytes) => decodeImage(bytes, 'image.jpg'),
  // Beginnings of frames (size, components), of tables and of scans.
  words: [0xc0, 0xc2, 0xc4, 0xda, 0xdb, 0xdd, 0xe1, 0xee].map((marker) => Uint8Array.of(0xff, marker)),
};
