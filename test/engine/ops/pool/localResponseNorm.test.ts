import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import { localResponseNorm } from '../../../../src/engine/ops/pool/localResponseNorm.ts';
import { checkDerivative, checkForward, operand, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();

interface Options {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;
}

/** ONNX's formula (operator LRN, version 13) in float64. */
function reference(x: ArrayLike<number>, [, C, H, W]: readonly number[], { size, alpha, beta, k }: Options) {
  const area = H * W;
  return Float64Array.from(x, (value, i) => {
    const channel = Math.floor(i / area) % C;
    const first = Math.max(0, channel - Math.floor((size - 1) / 2));
    const last = Math.min(C - 1, channel + Math.ceil((size - 1) / 2));
    let squares = 0;
    for (let c = first; c <= last; c++) squares += x[i + (c - channel) * area] ** 2;
    return value / (k + (alpha / size) * squares) ** beta;
  });
}

const shape = [2, 7, 3, 5];

describe.each([
  { size: 5, alpha: 1e-4, beta: 0.75, k: 2 },
  { size: 3, alpha: 2, beta: 0.5, k: 1 },
  { size: 4, alpha: 1, beta: 1, k: 0.5 },
  { size: 9, alpha: 0.7, beta: 0.3, k: 1 },
])('localResponseNorm of %j', (options) => {
  const x = operand(shape, 1);
  const expected = ([a]: ArrayLike<number>[]) => reference(a, shape, options);

  it('is the formula, with its gradient', async () => {
    const why = 'a sum of 9 squares, a power and a quotient, each to a few units of 2^-24 of numbers below 2';
    const tolerance = { absolute: 64 * 2 ** -24, why };
    await checkForward(device(), ([a]) => localResponseNorm(a, options), [x], expected([x.data]), tolerance);
    await checkDerivative(device(), ([a]) => localResponseNorm(a, options), [x], expected, tolerance, { samples: 30 });
  });

  it('holds in f64', async () => {
    const wide = operand(shape, 1, 'f64');
    const why = 'a power by exp and log is right to a few units of 2^-53';
    await checkForward(device(), ([a]) => localResponseNorm(a, options), [wide], expected([wide.data]), {
      absolute: 2 ** -49,
      why,
    });
  });
});

it('refuses what has no channels, and a window of none', () => {
  expect(() => localResponseNorm(input(spec([2, 3]), 'x'), { size: 3 })).toThrow(
    'localResponseNorm takes [N, C, H, W], not f32[2, 3]',
  );
  expect(() => localResponseNorm(input(spec(shape), 'x'), { size: 0 })).toThrow('the size is a whole number from 1');
});
