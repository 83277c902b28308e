import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { decodeImage } from '../../../src/models/data/decodeImage.node.ts';
import { runProgram } from '../../support/runProgram.ts';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

interface Read {
  readonly file: string;
  readonly channels: 1 | 3;
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

/** What Pillow 13.0.0 reads: test/fixtures/images/images.py. The library decodes by the same arithmetic, so nothing may differ. */
const { files }: { files: Readonly<Record<string, Read>> } = JSON.parse(
  readFileSync('test/fixtures/images/images.json', 'utf8'),
);

const colour = bytesOf(files['PNG, colour, 8 bits'].file);

describe('decodeImage', () => {
  it.each(Object.entries(files))('reads %s, to the bytes of Pillow', async (_, { file, pixels, ...size }) => {
    expect(await decodeImage(bytesOf(file), 'a.png')).toEqual({ ...size, pixels: bytesOf(pixels) });
  });

  it('refuses what is neither, and a size that announces too much, before anything is decoded', async () => {
    await expect(decodeImage(new TextEncoder().encode('GIF89a'), 'a.png')).rejects.toThrow(
      new InputError('a.png: neither a PNG nor a JPEG image'),
    );
    const large = encode({ width: 4097, height: 1, channels: 1, data: new Uint8Array(4097) });
    await expect(decodeImage(large, 'a.png')).rejects.toThrow(
      new InputError('a.png: 4097 x 1 pixels, at most 4096 x 4096 are read'),
    );
  });

  it('refuses a JPEG by the size in its frame, before its scans are decoded', async () => {
    const photo = bytesOf(files['JPEG, baseline, 4:2:0'].file);
    // ITU-T T.81, B.2.2: marker, length, precision, then lines and samples per line in two bytes each.
    const frame = photo.findIndex((byte, i) => byte === 0xff && photo[i + 1] === 0xc0);
    const large = photo.slice();
    new DataView(large.buffer).setUint16(frame + 5, 5000);
    const { width } = files['JPEG, baseline, 4:2:0'];
    await expect(decodeImage(large, 'a.jpg')).rejects.toThrow(
      new InputError(`a.jpg: ${width} x 5000 pixels, at most 4096 x 4096 are read`),
    );
  });

  it('takes no memory for what a PNG inflates to behind its pixels', async () => {
    const { grown, answer } = JSON.parse(await runProgram('test/support/programs/inflatingPng.ts'));
    expect(answer).toBe('256 pixels');
    // A tenth of the 200 MB that are there.
    expect(grown).toBeLessThan(20);
  });

  it('answers damage with an InputError that names the file', async () => {
    // The sums of a PNG see every bit of the chunks that count: size, pixels and the end (the signature is another complaint).
    const places = fc.integer({ min: 8, max: colour.length - 13 });
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        await expect(decodeImage(colour.with(at, colour[at] ^ bits), 'a.png')).rejects.toThrow(/^a\.png: [^\n]+$/);
      }),
    );
    const photo = bytesOf(files['JPEG, baseline, 4:2:0'].file);
    for (const whole of [colour, photo])
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 14), async (length) => {
          const reading = decodeImage(whole.subarray(0, length), 'a.png');
          await expect(reading).rejects.toThrow(InputError);
          await expect(reading).rejects.toThrow(/^a\.png: [^\n]+$/);
        }),
      );
  });

  it('reads images of any size', async () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ width, height }) => {
        const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 31);
        const { pixels } = await decodeImage(encode({ width, height, data, channels: 3 }), 'a.png');
        const [x, y] = [width - 1, height >> 1];
        expect(pixels[(2 * height + y) * width + x]).toBe(data[3 * (y * width + x) + 2]);
      }),
      { numRuns: 30 },
    );
  });
});
