import { describe, expect, test } from 'vitest';
import { featureSqueezing } from '../../../../src/analysis/robustness/defences/featureSqueezing.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { literal } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import { run, useDevice } from '../../../support/checkOp.ts';
import { noDraws } from '../../../support/draws.ts';
import { values } from '../../../support/values.ts';

const device = useDevice();
const pixels = Float32Array.of(0, 1, 0.5, 0.1, 0.9, 1 / 3, ...values(30, 4).map((value) => (value + 1) / 2));
const operand = { data: pixels, shape: [2, 1, 3, 6] };
const squeeze = (bitDepth: number) => (x: Node) => featureSqueezing.make({ bitDepth }).preprocess?.(x, noDraws) ?? x;

// Xu, Evans, Qi: round(x · (2^b - 1)) / (2^b - 1); rounded to f32 at the end, so the bits must agree.
test.each([1, 2, 4, 8, 16])('%i bits leave the nearest of the levels', async (bitDepth) => {
  const levels = 2 ** bitDepth - 1;
  const expected = pixels.map((x) => Math.round(Math.fround(x * levels)) / levels);
  expect(await run(device(), ([x]) => squeeze(bitDepth)(x), [operand])).toEqual(expected);
});

test.each([24, 32, 64])('%i bits are no-ops in f32', async (bitDepth) => {
  expect(await run(device(), ([x]) => squeeze(bitDepth)(x), [operand])).toEqual(pixels);
});

test('8 bits leave the pixels of files as they are', async () => {
  const bytes = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
  expect(await run(device(), ([x]) => squeeze(8)(x), [{ data: bytes, shape: [1, 1, 16, 16] }])).toEqual(bytes);
});

test('its gradient is that of the identity', async () => {
  const seed = values(36, 8);
  const actual = await run(device(), ([x]) => gradients(squeeze(4)(x), [x], literal(seed, operand.shape))[0], [
    operand,
  ]);
  expect(actual).toEqual(seed);
});

test('is described for attacks', () => {
  expect(featureSqueezing.acts).toBe('prediction');
  expect(featureSqueezing.make({ bitDepth: 4 })).toMatchObject({ differentiable: false, random: false });
});

describe('refuses', () => {
  test.each([0, 65, 2.5])('%f bits', (bitDepth) => {
    expect(() => featureSqueezing.make({ bitDepth })).toThrow(
      new InputError(`feature-squeezing: bit_depth is ${bitDepth}; it must be a whole number from 1 to 64`),
    );
  });
});
