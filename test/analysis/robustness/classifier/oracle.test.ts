import { expect, test } from 'vitest';
import { runNamed } from '../../../../src/analysis/robustness/attacks/catalogue.ts';
import { createClassifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import type { Defence } from '../../../../src/analysis/robustness/defences/defence.ts';
import { featureSqueezing } from '../../../../src/analysis/robustness/defences/featureSqueezing.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { add, scale } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { upload } from '../../../../src/models/network/weights.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier, SHAPE, SLOPE } from '../../../support/linearClassifier.ts';
import { linearModel, linearWeights } from '../../../support/linearModel.ts';

const device = useDevice();
const SIGMA = 0.6;
const image = [0.3, 0.25, 0, 0.1];

/** Pixels with normal noise. */
const noisy: Defence = {
  name: 'noisy',
  differentiable: true,
  random: true,
  preprocess: (x, draws) => add(x, scale(draws.normal(x.shape), SIGMA)),
};

function classifierOf(expectationSamples: number, defence = noisy) {
  const model = linearModel(SHAPE, 2);
  const weights = upload(
    device(),
    model,
    linearWeights([...SLOPE.map((s) => -s / 2), ...SLOPE.map((s) => s / 2)], [0, 0]),
  );
  return createClassifier(device(), model, weights, { shape: SHAPE, defence, expectationSamples });
}

test('a gradient is the mean over its draws', async () => {
  const [samples, copies] = [20, 100];
  const draws = samples * copies;
  const images = Float32Array.from({ length: copies * 4 }, (_, i) => image[i % 4]);
  const each = await classifierOf(samples).lossGradient(images, new Int32Array(copies));
  const gradient = SLOPE.map((_, i) => each.reduce((sum, value, at) => sum + (at % 4 === i ? value : 0), 0) / copies);
  // The margin is normal; the mean of the logistic function of it, and its deviation, by a sum over a fine grid in float64.
  const deviation = SIGMA * Math.hypot(...SLOPE);
  const grid = Array.from({ length: 1601 }, (_, i) => (i - 800) / 100);
  const density = grid.map((z) => Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI) / 100);
  const p = grid.map((z) => 1 / (1 + Math.exp(-margin(image) - deviation * z)));
  const mean = p.reduce((sum, value, i) => sum + value * density[i], 0);
  const spread = Math.sqrt(p.reduce((sum, value, i) => sum + (value - mean) ** 2 * density[i], 0));
  SLOPE.forEach((slope, i) => {
    // Four standard errors of a mean of so many draws; without noise it would be off by more than ten.
    expect(Math.abs(gradient[i] / slope - mean)).toBeLessThan((4 * spread) / Math.sqrt(draws));
  });
  const still = 1 / (1 + Math.exp(-margin(image)));
  expect(Math.abs(still - mean)).toBeGreaterThan((10 * spread) / Math.sqrt(draws));
});

test('every draw is counted, and shared by what is asked of the same images', async () => {
  const classifier = classifierOf(5);
  expect(classifier.expectationSamples).toBe(5);
  const specs = { x: spec([3, ...SHAPE]), labels: spec([3], 'i32') };
  const both = await classifier.compile('gradient and logits', specs, ({ x, labels }, oracle) => ({
    gradient: oracle.lossGradient(x, labels),
    logits: oracle.logits(x),
  }));
  expect(both.asks).toMatchObject({ forwardPasses: 5, backwardPasses: 5, queries: 15, gradients: 15 });
  const twice = await classifier.compile('two gradients of one answer', specs, ({ x, labels }, oracle) => ({
    one: oracle.lossGradient(x, labels),
    other: oracle.lossGradient(x, labels),
  }));
  expect(twice.asks).toMatchObject({ forwardPasses: 5, backwardPasses: 10, queries: 15, gradients: 30 });
});

test('a budget of gradients is not overrun by several draws', async () => {
  const samples = { images: Float32Array.of(...image, 0.9, 0.1, 0.9, 0.9), labels: Int32Array.of(1, 1) };
  const settings = { norm: 'inf', eps: 1e-6, epsStep: 1e-7, maxIter: 20, numRandomInit: 0, seed: 1 } as const;
  const { records } = await runNamed('pgd', classifierOf(4), samples, { ...settings, maxGradients: 10 });
  const holding = records.filter(({ success, misclassifiedBefore }) => !success && !misclassifiedBefore);
  expect(holding.length).toBeGreaterThan(0);
  // The first step asks at the image and where it leads, four draws each, of which the first tells the class, too; the next would
  // make it twelve.
  for (const { cost } of holding) expect(cost).toMatchObject({ gradients: 8, queries: 8 });
});

test('the mean of the losses is told beside the gradient', async () => {
  const classifier = classifierOf(3);
  const specs = { x: spec([2, ...SHAPE]) };
  const question = await classifier.compile('mean of logits', specs, ({ x }, oracle) => {
    const seen: Node[] = [];
    const { losses } = oracle.lossAndGradient(x, (logits) => {
      seen.push(logits);
      return logits;
    });
    return { losses, first: seen[0], second: seen[1], third: seen[2] };
  });
  const { losses, first, second, third } = question.run({ x: Float32Array.of(...image, ...image) });
  const [mean, ...each] = await Promise.all([losses, first, second, third].map((tensor) => tensor.read()));
  expect(new Set(each.flatMap((logits) => [...logits])).size).toBe(12);
  const expected = Array.from(mean, (_, i) => (each[0][i] + each[1][i] + each[2][i]) / 3);
  expectClose(mean, expected, { absolute: 1e-6, why: 'three f32 of about 1 added' });
});

test('a defence that is not random is asked once', async () => {
  const classifier = classifierOf(5, featureSqueezing.make({ bitDepth: 4 }));
  await classifier.lossGradient(Float32Array.from(image), Int32Array.of(0));
  expect(classifier.asked()).toMatchObject({ forwardPasses: 1, backwardPasses: 1, queries: 1, gradients: 1 });
});

test('copies of an image make one answer, which is one query', async () => {
  const defence: Defence = { ...noisy, copies: 4, postprocess: (logits) => logits };
  const shown: number[] = [];
  const counting: Defence = {
    ...defence,
    preprocess: (x, draws) => {
      shown.push(x.shape[0]);
      return add(x, scale(draws.normal(x.shape), SIGMA));
    },
  };
  const classifier = planeClassifier(device(), { defence: counting });
  const question = await classifier.compile('copies', { x: spec([3, ...SHAPE]) }, ({ x }, oracle) => ({
    logits: oracle.logits(x),
  }));
  expect(shown).toEqual([12]);
  expect(question.asks).toMatchObject({ forwardPasses: 1, queries: 3 });
});

test.each([0, 1.5])('refuses %d draws', (expectationSamples) => {
  expect(() => classifierOf(expectationSamples)).toThrow(
    new InputError(`expectation_samples is ${expectationSamples}; it must be a whole number from 1`),
  );
});
