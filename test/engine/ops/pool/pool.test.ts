import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { globalAveragePool, maxPool2d } from '../../../../src/engine/ops/pool/pool.ts';
import { sum } from '../../../../src/engine/ops/reduce/sum.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import * as reference from '../../../reference/pool.ts';
import { checkDerivative, checkForward, operand, run, useDevice } from '../../../support/checkOp.ts';
import { pytorch, recorded } from '../../../support/pytorch.ts';

const device = useDevice();

/** [N, C, H, W] and kernel, stride, padding: windows that touch, overlap, leave gaps and hang over the border. */
const cases = [
  { shape: [2, 3, 8, 8], kernel: 2, stride: 2, padding: 0 },
  { shape: [1, 2, 14, 13], kernel: 3, stride: 2, padding: 1 },
  { shape: [2, 1, 7, 9], kernel: 3, stride: 1, padding: 1 },
  { shape: [1, 2, 11, 10], kernel: 2, stride: 3, padding: 1 },
  { shape: [1, 1, 5, 6], kernel: 5, stride: 1, padding: 2 },
  { shape: [3, 2, 1, 1], kernel: 1, stride: 1, padding: 0 },
  { shape: [2, 16, 33, 31], kernel: 3, stride: 2, padding: 1 },
];

describe('maxPool2d', () => {
  for (const { shape, ...options } of cases) {
    const x = operand(shape, 1);
    const pooled = reference.maxPool2d(x.data, shape, options);
    const build = ([a]: Node[]) => maxPool2d(a, options);

    it(`[${shape}], kernel ${options.kernel}, stride ${options.stride}, padding ${options.padding}`, async () => {
      await checkForward(device(), build, [x], pooled, { why: 'a maximum is one of its operands' });
      const why = 'at most 25 gradients below 1 are added in f32; a step of 1e-5 moves no maximum';
      await checkDerivative(
        device(),
        build,
        [x],
        ([a]) => reference.maxPool2d(a, shape, options),
        { absolute: 25 * 2 ** -24 + 1e-9, why },
        { samples: 60 },
      );
    });

    it(`[${shape}], kernel ${options.kernel}, stride ${options.stride}, padding ${options.padding}: again`, async () => {
      const outer = operand(build([input(spec(shape), 'x')]).shape, 2);
      const gradient = ([a, g]: Node[]) => gradients(maxPool2d(a, options), [a], g)[0];
      const expected = ([a, g]: ArrayLike<number>[]) => reference.maxPool2dGradient(a, shape, g, options);
      const why = 'at most 25 gradients below 1 are added in f32';
      const tolerance = { absolute: 25 * 2 ** -24 + 1e-9, why };
      await checkForward(device(), gradient, [x, outer], expected([x.data, outer.data]), tolerance);
      await checkDerivative(device(), gradient, [x, outer], expected, tolerance, { wrt: [1], samples: 60 });
    });
  }

  const whole = (numbers: number[], shape: number[]) => ({ data: Float32Array.from(numbers), shape });

  it('takes the first of equal maxima, row by row, as PyTorch does', async () => {
    const { x, outer, y, dx } = pytorch.maxPool2d;
    const pool = (a: Node) => maxPool2d(a, { kernel: 3, stride: 2, padding: 1 });
    const operands = [recorded(x), recorded(outer)];
    await checkForward(device(), ([a]) => pool(a), operands, y.data, { why: 'a maximum is one of its operands' });
    // Multiples of 1/64: their sums are exact.
    await checkForward(device(), ([a, g]) => gradients(pool(a), [a], g)[0], operands, dx.data, { why: 'exact sums' });
  });

  it('never takes the padding', async () => {
    const x = whole([-5, -2, -3, -4], [1, 1, 2, 2]);
    const build = ([a]: Node[]) => maxPool2d(a, { kernel: 2, stride: 1, padding: 1 });
    expect([...(await run(device(), build, [x]))]).toEqual([-5, -2, -2, -3, -2, -2, -3, -3, -4]);
  });

  it('takes the first of zeros of either sign, which are equal, row by row', async () => {
    const x = whole([-1, -0, 0, -1, 0, -0], [1, 1, 3, 2]);
    const build = ([a]: Node[]) => maxPool2d(a, { kernel: 2, stride: 1 });
    expect([...(await run(device(), build, [x]))]).toEqual([-0, 0]);
  });

  it('passes NaN on, as PyTorch does', async () => {
    const x = whole([1, Number.NaN, 5, 2, 3, 4], [1, 1, 2, 3]);
    const build = ([a]: Node[]) => maxPool2d(a, { kernel: 2, stride: 1 });
    expect([...(await run(device(), build, [x]))]).toEqual([Number.NaN, Number.NaN]);
  });

  // torch 2.15.0: the gradient of max_pool2d(x, 2) of one window, contiguous or channels_last.
  it.each([
    [
      [Number.NaN, 1, Number.NaN, 2],
      [0, 0, 1, 0],
    ],
    [Array(4).fill(Number.NaN), [0, 0, 0, 1]],
    [
      [Number.NaN, 1, 2, 3],
      [1, 0, 0, 0],
    ],
    [
      [1, Number.NaN, 2, 3],
      [0, 1, 0, 0],
    ],
    [
      [3, 3, 3, 1],
      [1, 0, 0, 0],
    ],
  ])('gives the gradient of %j to the one that PyTorch takes', async (numbers, expected) => {
    const build = ([a]: Node[]) => gradients(sum(maxPool2d(a, { kernel: 2 })), [a])[0];
    expect([...(await run(device(), build, [whole(numbers, [1, 1, 2, 2])]))]).toEqual(expected);
  });

  it('refuses windows that do not fit, naming them', () => {
    const node = (shape: number[]) => input(spec(shape), 'x');
    expect(() => maxPool2d(node([1, 1, 4, 4]), { kernel: 3, padding: 3 })).toThrow(
      'maxPool2d(f32[1, 1, 4, 4]), kernel 3, stride 3, padding 3: the padding is a whole number from 0 and smaller than the kernel',
    );
    expect(() => maxPool2d(node([1, 1, 4, 2]), { kernel: 3 })).toThrow('the kernel is larger than the padded input');
    expect(() => maxPool2d(node([4, 4]), { kernel: 2 })).toThrow(
      'the input is [N, C, H, W] of a floating-point format',
    );
    expect(() => maxPool2d(node([1, 1, 4, 4]), { kernel: 0 })).toThrow('the kernel is a whole number from 1');
    expect(() => maxPool2d(node([1, 1, 4, 4]), { kernel: 2, stride: 0 })).toThrow(
      'the stride is a whole number from 1',
    );
  });
});

describe.each(['f32x2', 'f64'] as const)('maxPool2d of %s', (dtype) => {
  for (const { shape, ...options } of cases)
    it(`[${shape}], kernel ${options.kernel}, stride ${options.stride}, padding ${options.padding}`, async () => {
      // Coarse first numbers: many maxima are told apart by their last bits alone, some not at all.
      const { data } = operand(shape, 1, dtype);
      const x = {
        data: data.map((value, i) => Math.round(2 * value) + Math.round(2 * data[i]) * 2 ** -46),
        shape,
        dtype,
      };
      const pooled = reference.maxPool2d(x.data, shape, options);
      await checkForward(device(), ([a]) => maxPool2d(a, options), [x], pooled, { why: 'one of the operands' });
      const outer = operand(maxPool2d(input(spec(shape), 'x'), options).shape, 2, dtype);
      const gradient = ([a, g]: Node[]) => gradients(maxPool2d(a, options), [a], g)[0];
      const expected = reference.maxPool2dGradient(x.data, shape, outer.data, options);
      const why = 'at most 25 gradients below 1 are added, each sum to 3 · 2^-48';
      await checkForward(device(), gradient, [x, outer], expected, { absolute: 25 * 25 * 3 * 2 ** -48, why });
    });
});

describe('globalAveragePool', () => {
  it('is the mean of each plane, with its gradients', async () => {
    for (const shape of [
      [3, 5, 4, 4],
      [2, 9, 1, 1],
      [2, 3, 7, 5],
    ]) {
      const area = shape[2] * shape[3];
      const x = operand(shape, 1);
      const expected = ([a]: ArrayLike<number>[]) => reference.globalAveragePool(a, shape);
      const tolerance = { absolute: (area + 1) * 2 ** -24 + 1e-9, why: `${area} terms below 1, f32 accumulation` };
      await checkForward(device(), ([a]) => globalAveragePool(a), [x], expected([x.data]), tolerance);
      await checkDerivative(device(), ([a]) => globalAveragePool(a), [x], expected, tolerance);
    }
  });

  it('refuses what has no planes', () => {
    expect(() => globalAveragePool(input(spec([2, 3]), 'x'))).toThrow(
      'globalAveragePool takes [N, C, H, W], not f32[2, 3]',
    );
  });
});
