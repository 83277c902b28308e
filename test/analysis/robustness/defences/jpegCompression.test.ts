import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jpegCompression } from '../../../../src/analysis/robustness/defences/jpegCompression.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { run, useDevice } from '../../../support/checkOp.ts';
import { noDraws } from '../../../support/draws.ts';
import { values } from '../../../support/values.ts';

interface Set {
  readonly shape: readonly number[];
  readonly images: readonly number[];
  readonly cases: readonly {
    readonly quality: number;
    /** ITU-T T.81 in float64. */
    readonly standard: readonly number[];
    /** What Pillow reads, whose transform rounds on the way. */
    readonly pillow: readonly number[];
  }[];
}

const device = useDevice();
const fixture = new URL('../../../fixtures/defences/jpeg.json', import.meta.url);
const sets: readonly Set[] = JSON.parse(readFileSync(fixture, 'utf8'));
const compress = (quality: number) => (x: Node) => jpegCompression.make({ quality }).preprocess?.(x, noDraws) ?? x;

describe.each(sets)('images of $shape', ({ shape, images, cases }) => {
  test.each(cases)('quality $quality', async ({ quality, standard, pillow }) => {
    const data = Float32Array.from(images, (level) => level / 255);
    const told = await run(device(), ([x]) => compress(quality)(x), [{ data, shape }]);
    // A level over 255 in f32: one rounding of 1 / 255, one of the product.
    const levels = Array.from(told, (pixel) => {
      expect(Math.abs(255 * pixel - Math.round(255 * pixel))).toBeLessThan(255 * 2 ** -23);
      return Math.round(255 * pixel);
    });
    const off = (expected: readonly number[]) => levels.map((level, i) => Math.abs(level - expected[i]));
    // Sums of 64 products in f32 are off by 1e-4 at most, so that about one level in ten thousand lies too near a border.
    const wrong = off(standard).filter((distance) => distance > 0);
    expect(wrong.length).toBeLessThanOrEqual(levels.length / 1000);
    // Pillow's integers round coefficients near a tie, one in about a hundred, to the other side; where they do, a block moves
    // by a few levels. The mean of that is far below a level; other tables, subsampling or borders move it by several.
    expect(off(pillow).reduce((sum, distance) => sum + distance, 0) / levels.length).toBeLessThan(0.75);
  });
});

test('pixels beyond the range are taken for its ends', async () => {
  const data = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? -0.5 : 1.5));
  const clipped = data.map((pixel) => Math.min(1, Math.max(0, pixel)));
  const [beyond, within] = await Promise.all(
    [data, clipped].map((each) => run(device(), ([x]) => compress(75)(x), [{ data: each, shape: [1, 1, 8, 8] }])),
  );
  expect(beyond).toEqual(within);
});

test('its gradient is that of the identity', async () => {
  const shape = [2, 3, 5, 6];
  const seed = values(180, 8);
  const operand = { data: values(180, 3), shape };
  const actual = await run(device(), ([x]) => gradients(compress(50)(x), [x], literal(seed, shape))[0], [operand]);
  expect(actual).toEqual(seed);
  expect(jpegCompression.make({ quality: 50 })).toMatchObject({ differentiable: false, random: false });
});

test.each([0, 101, 7.5, Number.NaN])('refuses a quality of %d', (quality) => {
  expect(() => jpegCompression.make({ quality })).toThrow(
    new InputError(`jpeg-compression: quality is ${quality}; it must be a whole number from 1 to 100`),
  );
});

test('refuses images that are neither grey nor in three colours', async () => {
  const operand = { data: new Float32Array(128), shape: [1, 2, 8, 8] };
  await expect(run(device(), ([x]) => compress(50)(x), [operand])).rejects.toThrow(
    new InputError('jpeg-compression: images have 2 channels; JPEG files hold 1 or 3'),
  );
});
