import { describe, expect, it } from 'vitest';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { batchNorm, batchNormInference, batchNormStatistics } from '../../../../src/engine/ops/batchNorm/batchNorm.ts';
import { add, scale } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { reshape, slice } from '../../../../src/engine/ops/shape/shape.ts';
import { gradients } from '../../../../src/engine/passes/gradients.ts';
import * as reference from '../../../reference/batchNorm.ts';
import { checkDerivative, checkForward, type Operand, operand, useDevice } from '../../../support/checkOp.ts';
import { pytorch, recorded } from '../../../support/pytorch.ts';

const device = useDevice();

/** [N, C, H, W]: planes of whole vec4s and not, shorter and longer than a workgroup, one part of the images and several. */
const shapes = [
  [7, 3, 1, 1],
  [5, 4, 3, 3],
  [6, 70, 4, 4],
  [3, 5, 33, 31],
  [6, 2, 33, 31],
  [40, 2, 8, 10],
];

const variants = [
  { variant: 'as the device chooses', capabilities: {} },
  { variant: 'without subgroups', capabilities: { subgroupsOf8: false } },
  { variant: 'as on a GPU', capabilities: { subgroupsOf8: false, fastWorkgroupMemory: true } },
];

const epsilon = 1e-5;

/** Of the central differences through ReLU: so small that no element comes across its kink. */
const smallStep = { step: 1e-7 };

/** Values around a mean. */
const around = (shape: Shape, seed: number, mean: number, spread: number): Operand => {
  const { data } = operand(shape, seed);
  return { data: data.map((value) => mean + spread * value), shape };
};

const positive = (shape: Shape, seed: number) => around(shape, seed, 1.5, 0.5);

/** Of numbers of about 1, over which up to 6138 terms were added, 64 at a time. */
const tolerance = { relative: 1e-5, absolute: 3e-6, why: 'sums and statistics within 1e-6, f32 accumulation' };

const train = ([x, gamma, beta]: Node[]) => batchNorm(x, batchNormStatistics(x), gamma, beta);
const trained =
  (shape: Shape) =>
  ([x, gamma, beta]: ArrayLike<number>[]) =>
    reference.normalise(x, shape, reference.batchNormStatistics(x, shape, epsilon), gamma, beta);

const trainRectified = ([x, gamma, beta]: Node[]) => batchNorm(x, batchNormStatistics(x), gamma, beta, { relu: true });

/** Statistics [3, C] of a remembered mean and variance. */
const remembered = (mean: ArrayLike<number>, variance: ArrayLike<number>) => [
  ...Array.from(mean),
  ...Array.from(variance),
  ...Array.from(variance, (value) => 1 / Math.sqrt(value + epsilon)),
];

for (const { variant, capabilities } of variants)
  describe(`batchNorm, ${variant}`, () => {
    for (const shape of shapes) {
      const C = shape[1];
      const x = operand(shape, 1);
      const operands = [x, positive([C], 2), operand([C], 3)];

      it(`[${shape}]: statistics`, async () => {
        const build = ([a]: Node[]) => batchNormStatistics(a);
        const expected = ([a]: ArrayLike<number>[]) => reference.batchNormStatistics(a, shape, epsilon);
        // A lane adds up to 1024/8 squares below 4 in f32; the inverse deviation of 2 pixels can be large, hence relative.
        const tolerance = { relative: 1e-5, absolute: 128 * 2 ** -24, why: 'sums of 128 terms a lane, f32' };
        await checkForward(device(), build, [x], expected([x.data]), tolerance, capabilities);
        await checkDerivative(
          device(),
          build,
          [x],
          expected,
          { relative: 2e-4, absolute: 1e-6, why: 'the cube of the inverse deviation triples its error' },
          { samples: 8, capabilities },
        );
      });

      it(`[${shape}]: training`, async () => {
        const expected = trained(shape);
        const values = operands.map(({ data }) => data);
        await checkForward(device(), train, operands, expected(values), tolerance, capabilities);
        await checkDerivative(device(), train, operands, expected, tolerance, { samples: 8, capabilities });
      });

      it(`[${shape}]: the gradient of training, differentiated`, async () => {
        const outer = operand(shape, 5);
        // beta moves the output alone: any will do.
        const build = ([a, gamma, g]: Node[]) => gradients(train([a, gamma, gamma]), [a], g)[0];
        const expected = ([a, gamma, g]: ArrayLike<number>[]) =>
          reference.batchNormGradient(a, shape, epsilon, gamma, g);
        const given = [x, positive([C], 2), outer];
        const values = given.map(({ data }) => data);
        await checkForward(device(), build, given, expected(values), tolerance, capabilities);
        await checkDerivative(device(), build, given, expected, tolerance, { samples: 8, capabilities });
      });

      it(`[${shape}]: training, plus a residual, through ReLU`, async () => {
        const given = [...operands, operand(shape, 4)];
        const build = ([a, gamma, beta, residual]: Node[]) =>
          batchNorm(a, batchNormStatistics(a), gamma, beta, { residual, relu: true });
        const expected = ([a, gamma, beta, residual]: ArrayLike<number>[]) =>
          reference.rectifiedSum(trained(shape)([a, gamma, beta]), residual);
        const values = given.map(({ data }) => data);
        await checkForward(device(), build, given, expected(values), tolerance, capabilities);
        await checkDerivative(device(), build, given, expected, tolerance, { samples: 8, capabilities, ...smallStep });
      });

      it(`[${shape}]: training through ReLU, with its gradients`, async () => {
        const given = [...operands, operand(shape, 5)];
        const [a, gamma, beta, g] = given.map(({ data }) => data);
        const build = (inputs: Node[]) => trainRectified(inputs);
        const values = trained(shape)([a, gamma, beta]);
        await checkForward(device(), build, operands, reference.rectifiedSum(values), tolerance, capabilities);
        const kept = reference.throughRelu(g, values);
        const statistics = reference.batchNormStatistics(a, shape, epsilon);
        const sums = reference.gradientSums(a, shape, statistics, kept);
        const expected = [
          reference.batchNormGradient(a, shape, epsilon, gamma, kept),
          sums.subarray(C),
          sums.subarray(0, C),
        ];
        for (const [k, gradient] of expected.entries())
          await checkForward(
            device(),
            (inputs) => gradients(build(inputs), [inputs[k]], inputs[3])[0],
            given,
            gradient,
            tolerance,
            capabilities,
          );
      });

      it(`[${shape}]: inference, plus a residual, through ReLU`, async () => {
        const given = [...operands, operand([C], 6), positive([C], 7), operand(shape, 4)];
        const build = ([a, gamma, beta, mean, variance, residual]: Node[]) =>
          batchNormInference(a, gamma, beta, mean, variance, { residual, relu: true });
        const expected = ([a, gamma, beta, mean, variance, residual]: ArrayLike<number>[]) =>
          reference.rectifiedSum(reference.normalise(a, shape, remembered(mean, variance), gamma, beta), residual);
        const values = given.map(({ data }) => data);
        await checkForward(device(), build, given, expected(values), tolerance, capabilities);
        await checkDerivative(device(), build, given, expected, tolerance, {
          wrt: [0, 1, 2, 5],
          samples: 8,
          capabilities,
          ...smallStep,
        });
      });
    }

    it('differentiates its gradients through ReLU again', async () => {
      const shape = [5, 4, 3, 3];
      const given = [operand(shape, 1), positive([4], 2), operand([4], 3), operand(shape, 5)];
      const masked = ([a, gamma, beta, g]: ArrayLike<number>[]) =>
        reference.throughRelu(g, trained(shape)([a, gamma, beta]));
      const statistics = (a: ArrayLike<number>) => reference.batchNormStatistics(a, shape, epsilon);
      const expected = [
        (each: ArrayLike<number>[]) => reference.batchNormGradient(each[0], shape, epsilon, each[1], masked(each)),
        (each: ArrayLike<number>[]) =>
          reference.gradientSums(each[0], shape, statistics(each[0]), masked(each)).subarray(4),
      ];
      for (const [k, meaning] of expected.entries())
        await checkDerivative(
          device(),
          (inputs) => gradients(trainRectified(inputs), [inputs[k]], inputs[3])[0],
          given,
          meaning,
          tolerance,
          { capabilities, ...smallStep },
        );
    });

    it('differentiates its gradients in inference through ReLU again', async () => {
      const shape = [5, 4, 3, 3];
      const given = [
        ...[operand(shape, 1), positive([4], 2), operand([4], 3)],
        ...[operand([4], 6), positive([4], 7), operand(shape, 5)],
      ];
      const rectified = ([a, gamma, beta, mean, variance]: Node[]) =>
        batchNormInference(a, gamma, beta, mean, variance, { relu: true });
      const masked = ([a, gamma, beta, mean, variance, g]: ArrayLike<number>[]) =>
        reference.throughRelu(g, reference.normalise(a, shape, remembered(mean, variance), gamma, beta));
      const expected = [
        (each: ArrayLike<number>[]) =>
          masked(each).map((value, i) => {
            const c = Math.floor(i / 9) % 4;
            return (value * each[1][c]) / Math.sqrt(each[4][c] + epsilon);
          }),
        (each: ArrayLike<number>[]) =>
          reference.gradientSums(each[0], shape, remembered(each[3], each[4]), masked(each)).subarray(4),
      ];
      for (const [k, meaning] of expected.entries())
        await checkDerivative(
          device(),
          (inputs) => gradients(rectified(inputs), [inputs[k]], inputs[5])[0],
          given,
          meaning,
          tolerance,
          { capabilities, ...smallStep },
        );
    });

    it('keeps its digits when the mean is far from zero', async () => {
      for (const shape of [
        [8, 3, 16, 16],
        [7, 3, 15, 15],
      ]) {
        // Mean 1000, standard deviation 1: Σx²/M - mean² would lose 2²⁰ of 2²⁴ and be off by several percent.
        const x = around(shape, 4, 1000, Math.sqrt(3));
        const expected = reference.batchNormStatistics(x.data, shape, epsilon);
        const build = ([a]: Node[]) => batchNormStatistics(a);
        // Deviations from an element of the data are exact; then 128 squares a lane, 64 or 8 lanes and 2 parts are added in f32.
        const tolerance = { relative: 10 * 2 ** -24, why: 'sums of 128 terms a lane, rounded up and down, f32' };
        await checkForward(device(), build, [x], expected, tolerance, capabilities);
      }
    });
  });

describe('batchNorm', () => {
  const recordedAs = pytorch.batchNorm;
  const check = (names: (keyof typeof recordedAs)[], build: (inputs: Node[]) => Node, { data }: { data: number[] }) => {
    const operands = names.map((name) => recorded(recordedAs[name] as { shape: number[]; data: number[] }));
    return checkForward(device(), build, operands, data, tolerance);
  };

  it('equals PyTorch in training, with its gradients', async () => {
    await check(['x', 'gamma', 'beta'], train, recordedAs.y);
    const expected = [recordedAs.dx, recordedAs.dgamma, recordedAs.dbeta];
    for (const [k, gradient] of expected.entries())
      await check(
        ['x', 'gamma', 'beta', 'outer'],
        ([x, gamma, beta, outer]) => gradients(train([x, gamma, beta]), [[x, gamma, beta][k]], outer)[0],
        gradient,
      );
  });

  it('equals PyTorch in second derivatives', async () => {
    for (const [k, gradient] of recordedAs.second.entries())
      await check(
        ['x', 'gamma', 'beta', 'outer', 'direction'],
        ([x, gamma, beta, outer, direction]) => {
          const [dx] = gradients(train([x, gamma, beta]), [x], outer);
          return gradients(dx, [[x, gamma, outer][k]], direction)[0];
        },
        gradient,
      );
  });

  it('remembers what PyTorch remembers', async () => {
    // By a tenth of the way, the variance towards the unbiased one.
    const moved = (x: Node, row: number, running: Node) => {
      const observed = slice(batchNormStatistics(x), [row, 0], [row + 1, running.size]);
      return add(scale(running, 0.9), reshape(scale(observed, 0.1), running.shape));
    };
    await check(['x', 'mean'], ([x, mean]) => moved(x, 0, mean), recordedAs.newMean);
    await check(['x', 'variance'], ([x, variance]) => moved(x, 3, variance), recordedAs.newVariance);
  });

  it('equals PyTorch in inference, with its gradients', async () => {
    const build = ([x, gamma, beta, mean, variance]: Node[]) => batchNormInference(x, gamma, beta, mean, variance);
    await check(['x', 'gamma', 'beta', 'mean', 'variance'], build, recordedAs.inference);
    for (const [k, gradient] of recordedAs.inferenceGradients.entries())
      await check(
        ['x', 'gamma', 'beta', 'mean', 'variance', 'outer'],
        (inputs) => gradients(build(inputs), [inputs[k]], inputs[5])[0],
        gradient,
      );
  });

  it('differentiates its gradient by gamma in inference again', async () => {
    const shape = [4, 3, 3, 2];
    const operands = [operand(shape, 1), positive([3], 2), operand([3], 3), positive([3], 4), operand(shape, 5)];
    const build = ([x, gamma, mean, variance, g]: Node[]) =>
      gradients(batchNormInference(x, gamma, gamma, mean, variance), [gamma], g)[0];
    // gamma is also beta here, so that its gradient is the sum of both.
    const expected = ([x, , mean, variance, g]: ArrayLike<number>[]) => {
      const inverse = Array.from(variance, (value) => 1 / Math.sqrt(value + epsilon));
      const sums = reference.gradientSums(x, shape, [...Array.from(mean), 0, 0, 0, ...inverse], g);
      return sums.subarray(0, 3).map((sum, c) => sum + sums[3 + c]);
    };
    await checkDerivative(device(), build, operands, expected, tolerance, { wrt: [0, 2, 3, 4] });
  });

  it('takes another epsilon', async () => {
    const x = operand([3, 2, 2, 2], 1);
    const expected = reference.batchNormStatistics(x.data, x.shape, 0.5);
    await checkForward(device(), ([a]) => batchNormStatistics(a, { epsilon: 0.5 }), [x], expected, tolerance);
    const one = { data: Float32Array.of(1, 1), shape: [2] };
    const inverse = 1 / Math.sqrt(1 + 0.5);
    await checkForward(
      device(),
      ([a, b]) => batchNormInference(a, b, b, b, b, { epsilon: 0.5 }),
      [x, one],
      Float64Array.from(x.data, (value) => (value - 1) * inverse + 1),
      tolerance,
    );
  });

  it('gives a channel of one value its beta', async () => {
    const operands = [
      { data: new Float32Array(32).fill(7), shape: [4, 2, 2, 2] },
      { data: Float32Array.of(3, 4), shape: [2] },
      { data: Float32Array.of(5, -6), shape: [2] },
    ];
    const expected = trained([4, 2, 2, 2])(operands.map(({ data }) => data));
    await checkForward(device(), train, operands, expected, { why: 'deviations of 0 are exact' });
  });

  it('refuses operands that do not fit, naming them', () => {
    const node = (shape: number[]) => input(spec(shape), 'x');
    const [x, channel] = [node([2, 3, 4, 4]), node([3])];
    const statistics = batchNormStatistics(x);
    expect(() => batchNormStatistics(node([2, 3]))).toThrow('batchNorm takes floats [N, C, H, W], not f32[2, 3]');
    expect(() => batchNorm(x, statistics, node([4]), channel)).toThrow(
      'batchNorm: a parameter of f32[2, 3, 4, 4] is f32[3], not f32[4]',
    );
    expect(() => batchNorm(x, channel, channel, channel)).toThrow(
      'batchNorm: the statistics of f32[2, 3, 4, 4] are f32[4, 3], not f32[3]',
    );
    expect(() => batchNormInference(x, channel, channel, channel, node([1]))).toThrow(
      'batchNormInference: a parameter of f32[2, 3, 4, 4] is f32[3], not f32[1]',
    );
    expect(() => batchNorm(x, statistics, channel, channel, { residual: node([2, 3, 4, 1]) })).toThrow(
      'batchNorm: the residual of f32[2, 3, 4, 4] is of the same shape, not f32[2, 3, 4, 1]',
    );
  });
});
