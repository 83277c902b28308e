import { expect, test } from 'vitest';
import { spatialSmoothing } from '../../../../src/analysis/robustness/defences/spatialSmoothing.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { run, useDevice } from '../../../support/checkOp.ts';
import { noDraws } from '../../../support/draws.ts';
import { values } from '../../../support/values.ts';

const device = useDevice();
const SHAPE = [2, 2, 6, 5] as const;
const pixels = values(120, 3);
const operand = { data: pixels, shape: [...SHAPE] };
const smooth = (windowSize: 3 | 5 | 7) => (x: Node) =>
  spatialSmoothing.make({ windowSize }).preprocess?.(x, noDraws) ?? x;

/** scipy.ndimage.median_filter with mode `reflect`: places beyond the border are mirrored, the border place repeated. */
function medianFilter(x: ArrayLike<number>, window: number): number[] {
  const [, , height, width] = SHAPE;
  const mirrored = (at: number, length: number) => (at < 0 ? -1 - at : at >= length ? 2 * length - 1 - at : at);
  const offsets = Array.from({ length: window }, (_, i) => i - (window - 1) / 2);
  return Array.from({ length: x.length }, (_, at) => {
    const plane = Math.floor(at / (height * width)) * height * width;
    const [row, column] = [Math.floor((at - plane) / width), at % width];
    const seen = offsets.flatMap((down) =>
      offsets.map((right) => x[plane + mirrored(row + down, height) * width + mirrored(column + right, width)]),
    );
    return seen.sort((a, b) => a - b)[(window * window - 1) / 2];
  });
}

// A median is one of the values: the bits must agree.
test.each([3, 5, 7] as const)('a window of %i leaves medians', async (window) => {
  const actual = await run(device(), ([x]) => smooth(window)(x), [operand]);
  expect(Array.from(actual)).toEqual(medianFilter(pixels, window));
});

test('its gradient is that of the identity', async () => {
  const seed = values(120, 8);
  const actual = await run(device(), ([x]) => gradients(smooth(3)(x), [x], literal(seed, SHAPE))[0], [operand]);
  expect(actual).toEqual(seed);
  expect(spatialSmoothing.make({ windowSize: 3 })).toMatchObject({ differentiable: false, random: false });
});

test.each([1, 2, 4, 9, Number.NaN])('refuses a window of %d', (windowSize) => {
  expect(() => spatialSmoothing.make({ windowSize: windowSize as 3 })).toThrow(
    new InputError(`spatial-smoothing: window_size is ${windowSize}; it must be 3, 5 or 7`),
  );
});
