/** Decodes a PNG of 16×16 pixels whose data go on for 200 MB behind them, and prints by how many MB the process grew at most. */
import { once } from 'node:events';
import { crc32, createDeflate, deflateSync } from 'node:zlib';
import { decodeImage } from '../../../src/models/data/decodeImage.node.ts';

const SIDE = 16;
const BEHIND = 200_000_000;

function chunk(type: string, content: Uint8Array): Buffer {
  const typed = Buffer.concat([Buffer.from(type), content]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(content.length, 0);
  ends.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([ends.subarray(0, 4), typed, ends.subarray(4)]);
}

const header = Buffer.from([0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 0, 0, 0, 0]);
const png = (data: Uint8Array) =>
  Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', new Uint8Array()),
  ]);

/** So many zeros packed, a piece after the other, so that their making takes no memory that would hide the reading's. */
async function packedZeros(count: number): Promise<Uint8Array> {
  const packing = createDeflate();
  const parts: Buffer[] = [];
  packing.on('data', (part) => parts.push(part));
  const piece = Buffer.alloc(100_000);
  for (let left = count; left > 0; left -= piece.length)
    if (!packing.write(piece.subarray(0, left))) await once(packing, 'drain');
  packing.end();
  await once(packing, 'end');
  return Buffer.concat(parts);
}

const PIXELS = SIDE * (SIDE + 1);
const long = png(await packedZeros(PIXELS + BEHIND));
// The library itself takes some.
await decodeImage(png(deflateSync(new Uint8Array(PIXELS))), 'a.png');
const before = process.resourceUsage().maxRSS;
const answer = await decodeImage(long, 'a.png').then(
  ({ pixels }) => `${pixels.length} pixels`,
  (error: Error) => error.message,
);
console.log(JSON.stringify({ grown: (process.resourceUsage().maxRSS - before) / 1000, answer }));
