import fc from 'fast-check';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/engine/errors.ts';
import { decodePng } from '../../../src/models/data/png.ts';

const bytesOf = (base64: string) => new Uint8Array(Buffer.from(base64, 'base64'));

/** Images of 3 x 2 pixels that Pillow 13.0.0 wrote, and the pixels that it had (palette: that it reads). */
const pillow = {
  colour: {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAGElEQVR4nGNk4JPR0tLS0tJirOuZBWEBACDKA8nJD4irAAAAAElFTkSuQmCC',
    channels: 3,
    pixels: [0, 42, 84, 126, 168, 210, 14, 56, 98, 140, 182, 224, 28, 70, 112, 154, 196, 238],
  },
  'colour, opaque': {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAG0lEQVR4nGNk4JP5r6WlxaClpcXAWNczC84BAEuKBcd/CBvoAAAAAElFTkSuQmCC',
    channels: 3,
    pixels: [0, 42, 84, 126, 168, 210, 14, 56, 98, 140, 182, 224, 28, 70, 112, 154, 196, 238],
  },
  'a palette of 2 bits': {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEW9y9l+jJpUYnAVIzFjIRkbAAAADElEQVR4nGP4weAAAAMsATl8WeT6AAAAAElFTkSuQmCC',
    channels: 3,
    pixels: [21, 21, 84, 126, 189, 189, 35, 35, 98, 140, 203, 203, 49, 49, 112, 154, 217, 217],
  },
  grey: {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAEElEQVR4nGNkMDJimHbiFwAGggK+LjRbnQAAAABJRU5ErkJggg==',
    channels: 1,
    pixels: [0, 50, 100, 150, 200, 250],
  },
  'grey, opaque': {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAQAAAA3fa6RAAAAF0lEQVR4nGNk+G/EYMTAMO3/if+//gMAIYcGupfxLSMAAAAASUVORK5CYII=',
    channels: 1,
    pixels: [0, 50, 100, 150, 200, 250],
  },
  // 0, 1, 128 (0.498 of a step), 129 (0.502), 51528, 65535.
  'grey of 16 bits, rounded': {
    file: 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNkYGBgZKhnYGg86fH/PwANnAQSrG64MgAAAABJRU5ErkJggg==',
    channels: 1,
    pixels: [0, 0, 0, 1, 200, 255],
  },
} as const;

describe('decodePng', () => {
  it.each(Object.entries(pillow))('reads %s', (_, { file, channels, pixels }) => {
    const image = decodePng(bytesOf(file), 'a.png');
    expect(image).toEqual({ channels, height: 2, width: 3, pixels: Uint8Array.from(pixels) });
  });

  it.each([
    [
      'one pixel almost opaque',
      'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAHElEQVR4nGNk4JP5r6WlxaClpcXAWNczC8b5DwBMiQbGPULr7gAAAABJRU5ErkJggg==',
      'a.png: has transparent pixels: save it without transparency',
    ],
    [
      'a transparent grey level',
      'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAAAAAC4HznGAAAAAnRSTlMAMr5EnLgAAAAQSURBVHicY2QwMmKYduIXAAaCAr4uNFudAAAAAElFTkSuQmCC',
      'a.png: has transparent pixels: save it without transparency',
    ],
    [
      'a transparent colour of a palette',
      'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAgMAAADgGo6JAAAADFBMVEW9y9l+jJpUYnAVIzFjIRkbAAAAAXRSTlMAQObYZgAAAAxJREFUeJxj+MHgAAADLAE5fFnk+gAAAABJRU5ErkJggg==',
      'a.png: has transparent pixels: save it without transparency',
    ],
    [
      'one bit a pixel',
      'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNgYHgAAADkAOGrztgkAAAAAElFTkSuQmCC',
      'a.png: 1 bits a pixel: save it with 8',
    ],
  ])('refuses %s', (_, file, message) => {
    expect(() => decodePng(bytesOf(file), 'a.png')).toThrow(new InputError(message));
  });

  it('refuses what is no PNG, and a size that announces too much, before anything is decoded', () => {
    expect(() => decodePng(new TextEncoder().encode('\xff\xd8 a JPEG'), 'a.png')).toThrow(
      new InputError('a.png: not a PNG image'),
    );
    const lying = bytesOf(pillow.grey.file);
    new DataView(lying.buffer).setUint32(16, 2 ** 31 - 1);
    expect(() => decodePng(lying, 'a.png')).toThrow('a.png: 2147483647 x 2 pixels, at most 4096 x 4096 are read');
  });

  it('answers any damage with an InputError that names the file: the sums see every bit', () => {
    const whole = bytesOf(pillow.colour.file);
    // Within the chunks that count: after the signature, before the sum of the last, empty one.
    const places = fc.integer({ min: 8, max: whole.length - 13 });
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 255 }), (at, bits) => {
        expect(() => decodePng(whole.with(at, whole[at] ^ bits), 'a.png')).toThrow(InputError);
      }),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 13), (length) => {
        expect(() => decodePng(whole.subarray(0, length), 'a.png')).toThrow(/^a\.png: [^\n]+$/);
      }),
    );
  });

  it('reads images of any size', () => {
    const sizes = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(sizes, ({ width, height }) => {
        const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 31);
        const { pixels } = decodePng(encode({ width, height, data, channels: 3 }), 'a.png');
        const [x, y] = [width - 1, height >> 1];
        expect(pixels[(2 * height + y) * width + x]).toBe(data[3 * (y * width + x) + 2]);
      }),
      { numRuns: 30 },
    );
  });
});
