import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { conv2d } from '../../../../src/engine/ops/conv2d/conv2d.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import {
  conv2dGradientInput,
  conv2dGradientWeight,
  outputShape,
  conv2d as reference,
} from '../../../reference/conv2d.ts';
import { exactConv2d } from '../../../reference/exactConv2d.ts';
import { checkDerivative, type Operand, operand, run, useDevice } from '../../../support/checkOp.ts';
import { errorsOfVariants } from '../../../support/relativeErrors.ts';

const device = useDevice();

/** [N, C, H, W, O, kernel, stride, padding]: below, at and above tiles of 16, whole and broken vec4s, Winograd's tiles of 4 × 4. */
const shapes = [
  [2, 3, 9, 7, 5, 3, 1, 1],
  [2, 16, 8, 8, 16, 3, 1, 1],
  [1, 20, 13, 11, 24, 3, 1, 1],
  [5, 8, 1, 1, 16, 3, 1, 1],
  [2, 8, 14, 13, 20, 3, 2, 1],
  [2, 4, 6, 6, 9, 3, 1, 0],
  [2, 16, 8, 8, 32, 1, 2, 0],
  [2, 20, 4, 4, 12, 1, 1, 0],
  [1, 2, 11, 10, 6, 2, 3, 0],
  [2, 1, 20, 20, 16, 7, 2, 3],
] as const;

const settings = [{}, { subgroupsOf8: false }];

/**
 * Largest error of an element, relative to the sum of its absolute products. A product of two f32x2 is right to 2^-46 and each addition to
 * 2^-48 of the sum so far; Winograd's transforms make about three times of that. The reference adds in float64, whose roundings, of
 * random sign, stay below 2^-48. Measured: 2^-45.0 with Winograd, else 2^-46.5.
 */
const BOUND = 2 ** -44;

const absolute = (data: ArrayLike<number>) => Float64Array.from(data, Math.abs);

describe.each(shapes)(
  'conv2d of f32x2, each variant: [%i, %i, %i, %i] to %i channels, kernel %i, stride %i, padding %i',
  (...sizes) => {
    const [n, c, h, w, o, k, stride, padding] = sizes;
    const options = { stride, padding };
    const x = operand([n, c, h, w], 1, 'f32x2');
    const weight = operand([c, k, k, o], 2, 'f32x2');
    const gradient = operand(outputShape(x.shape, weight.shape, options), 3, 'f32x2');
    const leaf = ({ shape, dtype }: Operand) => input(spec(shape, dtype), 'operand');
    const check = async (
      build: (inputs: Node[]) => Node,
      operands: [Operand, Operand],
      meaning: (a: ArrayLike<number>, b: ArrayLike<number>) => Float64Array,
    ) => {
      const [a, b] = operands.map(({ data }) => data);
      const magnitudes = meaning(absolute(a), absolute(b));
      const errors = await errorsOfVariants(device(), build, operands, meaning(a, b), magnitudes, settings);
      expect(errors).toHaveProperty('portable');
      for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThanOrEqual(BOUND);
    };

    it('forward', async () => {
      const meaning = (a: ArrayLike<number>, b: ArrayLike<number>) => reference(a, x.shape, b, weight.shape, options);
      await check(([a, b]) => conv2d(a, b, options), [x, weight], meaning);
    });

    it('gradient by input', async () => {
      const build = ([g, b]: Node[]) => {
        const images = leaf(x);
        return gradients(conv2d(images, b, options), [images], g)[0];
      };
      const meaning = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        conv2dGradientInput(a, x.shape, b, weight.shape, options);
      await check(build, [gradient, weight], meaning);
    });

    it('gradient by weight', async () => {
      const build = ([a, g]: Node[]) => {
        const taps = leaf(weight);
        return gradients(conv2d(a, taps, options), [taps], g)[0];
      };
      const meaning = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        conv2dGradientWeight(a, x.shape, b, weight.shape, options);
      await check(build, [x, gradient], meaning);
    });
  },
);

describe('conv2d of f64', () => {
  const options = { stride: 2, padding: 1 };
  const x = operand([2, 3, 7, 6], 1, 'f64');
  const weight = operand([3, 3, 3, 8], 2, 'f64');
  const outer = operand(outputShape(x.shape, weight.shape, options), 3, 'f64');

  it('is the exact sum, rounded once, and so are its gradients (BigInt)', async () => {
    const exact = exactConv2d(x.data, x.shape, weight.data, weight.shape, outer.data, options);
    const y = await run(device(), ([a, b]) => conv2d(a, b, options), [x, weight]);
    expect(y).toEqual(exact.y);
    const slope = (k: 0 | 1) =>
      run(device(), ([a, b, g]) => gradients(conv2d(a, b, options), [[a, b][k]], g)[0], [x, weight, outer]);
    expect(await slope(0)).toEqual(exact.byInput);
    expect(await slope(1)).toEqual(exact.byWeight);
  });
});

it.each(['f32x2', 'f64'] as const)('conv2d of %s has a gradient of its gradient', async (dtype) => {
  const options = { stride: 1, padding: 1 };
  const weight = operand([3, 3, 3, 4], 2, dtype);
  const x = operand([1, 3, 5, 4], 1, dtype);
  const outer = operand(outputShape(x.shape, weight.shape, options), 3, dtype);
  const build = ([g, b]: Node[]) => {
    const images = input(spec(x.shape, dtype), 'x');
    return gradients(conv2d(images, b, options), [images], g)[0];
  };
  const expected = ([g, b]: ArrayLike<number>[]) => conv2dGradientInput(g, x.shape, b, weight.shape, options);
  const why = 'rounding of the finite difference of a bilinear function';
  await checkDerivative(device(), build, [outer, weight], expected, { absolute: 1e-8, why });
});
