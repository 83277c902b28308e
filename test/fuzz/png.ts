import { crc32, deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { decodeImage } from '../../src/models/data/decodeImage.node.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';

const SIGNATURE_BYTES = 8;

/** PNG images with right sums of their chunks, written by fast-png. */
export const png: FuzzTarget = {
  seeds: async () =>
    ([1, 2, 3, 4] as const).map((channels) =>
      encode({ width: 5, height: 3, channels, data: Uint8Array.from({ length: 15 * channels }, (_, i) => i * 11) }),
    ),
  read: (bytes) => decodeImage(bytes, 'image.png'),
  words: ['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'iCCP', 'zTXt', 'gAMA', deflateSync(new Uint8Array(5000))],
  reseal: (bytes) => {
    const sealed = Buffer.from(bytes);
    for (let at = SIGNATURE_BYTES; at + 12 <= sealed.length; ) {
      const end = at + 8 + sealed.readUInt32BE(at);
      if (end + 4 > sealed.length) break;
      sealed.writeUInt32BE(crc32(sealed.subarray(at + 4, end)), end);
      at = end + 4;
    }
    return new Uint8Array(sealed);
  },
};
