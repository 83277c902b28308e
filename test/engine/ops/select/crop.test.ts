import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { crop } from '../../../../src/engine/ops/select/crop.ts';
import { crop as reference } from '../../../reference/crop.ts';
import { checkForward, integers, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const exact = { why: 'pixels are copied' };

/** Every place of a padding, mirrored and not, one for each image. */
function allPlaces(padding: number): number[] {
  const offsets = Array.from({ length: 2 * padding + 1 }, (_, i) => i);
  return offsets.flatMap((top) => offsets.flatMap((left) => [0, 1].flatMap((flip) => [top, left, flip])));
}

describe('crop', () => {
  for (const mode of ['zeros', 'reflect'] as const)
    for (const { image, padding } of [
      { image: [1, 3, 5], padding: 2 },
      { image: [3, 8, 8], padding: 1 },
      { image: [2, 7, 4], padding: 0 },
      { image: [1, 5, 5], padding: 4 },
    ])
      it(`[${image}] padded by ${padding} with ${mode}, at every place`, async () => {
        const places = allPlaces(padding);
        const shape = [places.length / 3, ...image];
        const x = operand(shape, 5);
        await checkForward(
          device(),
          ([images, at]) => crop(images, at, { padding, mode }),
          [x, integers(places, [shape[0], 3])],
          reference(x.data, shape, places, padding, mode),
          exact,
        );
      });

  it.each(['f32x2', 'f64'] as const)('moves elements of %s', async (dtype) => {
    const places = allPlaces(1);
    const shape = [places.length / 3, 2, 5, 4];
    const x = operand(shape, 5, dtype);
    await checkForward(
      device(),
      ([images, at]) => crop(images, at, { padding: 1, mode: 'reflect' }),
      [x, integers(places, [shape[0], 3])],
      reference(x.data, shape, places, 1, 'reflect'),
      exact,
    );
  });

  it('shows zeros beyond the padding, and reads nothing outside', async () => {
    const places = [9, 0, 0, 0, -9, 1, 2 ** 30, -(2 ** 30), 0, 1, 1, 0];
    const x = operand([4, 1, 2, 2], 6);
    for (const mode of ['zeros', 'reflect'] as const) {
      const build = ([images, at]: Parameters<Parameters<typeof run>[1]>[0]) => crop(images, at, { padding: 1, mode });
      const result = await run(device(), build, [x, integers(places, [4, 3])]);
      expect([...result]).toEqual([...new Array(12).fill(0), ...x.data.subarray(12)]);
    }
  });

  it('refuses operands and paddings that do not fit', () => {
    const x = input(spec([2, 1, 3, 4]), 'x');
    const at = (shape: Shape) => input(spec(shape, 'i32'), 'at');
    expect(() => crop(x, at([3, 3]), { padding: 1, mode: 'zeros' })).toThrow(
      new ShapeError('crop(f32[2, 1, 3, 4], i32[3, 3]): the places are i32[2, 3]'),
    );
    expect(() => crop(at([1, 3]), at([1, 3]), { padding: 1, mode: 'zeros' })).toThrow(
      'the images are [N, C, H, W] of a floating-point format',
    );
    expect(() => crop(x, at([2, 3]), { padding: -1, mode: 'zeros' })).toThrow('not a whole number from 0');
    expect(crop(x, at([2, 3]), { padding: 3, mode: 'zeros' }).shape).toEqual([2, 1, 3, 4]);
    expect(() => crop(x, at([2, 3]), { padding: 3, mode: 'reflect' })).toThrow(
      'a padding of 3 cannot be reflected: it must be below 3',
    );
  });
});
