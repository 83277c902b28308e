import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.ts';
import { spec } from '../../src/engine/graph.ts';
import { learningRateAt, sgd } from '../../src/models/optimisers.ts';
import { expectClose, useDevice } from '../engine/checkOp.ts';
import { values } from '../engine/values.ts';

const device = useDevice();

test.each([
  { momentum: 0.9, weightDecay: 0.01 },
  { momentum: 0, weightDecay: 0 },
])('three steps equal PyTorch’s formula in float64: %o', async (options) => {
  const type = spec([13]);
  const executable = await compile(
    (inputs) => sgd(inputs, options),
    { parameters: type, gradients: type, velocity: type, learningRate: spec([]) },
    { device: device(), donate: { parameters: 'parameters', velocity: 'velocity' } },
  );
  const parameters = device().tensor(values(13, 1), [13]);
  const velocity = device().zeros(type);
  const p = Float64Array.from(values(13, 1));
  const v = new Float64Array(13);
  for (const [step, rate] of [0.1, 0.1, 0.025].entries()) {
    const gradient = values(13, 10 + step);
    executable.run({ parameters, velocity, gradients: gradient, learningRate: Float32Array.of(rate) });
    for (let i = 0; i < 13; i++) {
      v[i] = options.momentum * v[i] + gradient[i] + options.weightDecay * p[i];
      p[i] -= rate * v[i];
    }
  }
  // Three steps of five operations each, on values around 1: well within 20 rounding errors of 6e-8.
  const tolerance = { absolute: 1.2e-6, why: 'f32 rounding of 15 operations' };
  expectClose(await parameters.read(), p, tolerance);
  expectClose(await velocity.read(), v, tolerance);
});

test('the cosine schedule starts at the initial rate, halves it in the middle and falls further', () => {
  expect(learningRateAt('cosine', 0.2, 0, 8)).toBe(0.2);
  expect(learningRateAt('cosine', 0.2, 4, 8)).toBeCloseTo(0.1, 15);
  // cos(3π/4) = -√½.
  expect(learningRateAt('cosine', 0.2, 6, 8)).toBeCloseTo(0.1 * (1 - Math.SQRT1_2), 15);
  expect(learningRateAt('constant', 0.2, 7, 8)).toBe(0.2);
});
