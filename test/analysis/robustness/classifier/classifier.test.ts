import { expect, test } from 'vitest';
import { featureSqueezing } from '../../../../src/analysis/robustness/defences/featureSqueezing.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { margin, planeClassifier, SLOPE } from '../../../support/linearClassifier.ts';

const device = useDevice();
const images = Float32Array.of(0.5, 0.25, 0, 1, 0, 1, 0.5, 0.125, 1, 1, 1, 0);
const rows = [0, 1, 2].map((i) => Array.from(images.subarray(4 * i, 4 * i + 4)));
const closely = { relative: 1e-6, absolute: 1e-7, why: 'a handful of f32 operations' };

test('logits, classes and loss gradients are those of the plane', async () => {
  const classifier = planeClassifier(device());
  const margins = rows.map((row) => margin(row));
  expectClose(
    await classifier.logits(images),
    margins.flatMap((m) => [-m / 2, m / 2]),
    closely,
  );
  expect(Array.from(await classifier.predict(images))).toEqual(margins.map((m) => Number(m > 0)));
  const labels = Int32Array.of(1, 1, 0);
  // d/dx of -log softmax: for label 1, -(1 - p) · slope with p = 1 / (1 + exp(-margin)).
  const expected = margins.flatMap((m, i) => {
    const p = 1 / (1 + Math.exp(-m));
    return SLOPE.map((value) => value * (p - labels[i]));
  });
  expectClose(await classifier.lossGradient(images, labels), expected, closely);
});

test('everything that is asked is counted', async () => {
  const classifier = planeClassifier(device());
  await classifier.logits(images);
  const { flops } = classifier.asked();
  expect(classifier.asked()).toMatchObject({ forwardPasses: 1, backwardPasses: 0, queries: 3, gradients: 0 });
  // Two logits of four products and sums for three images at least.
  expect(flops).toBeGreaterThanOrEqual(2 * 2 * 4 * 3);
  await classifier.predict(images);
  expect(classifier.asked()).toMatchObject({ forwardPasses: 2, queries: 6, flops: 2 * flops });
  await classifier.lossGradient(images, Int32Array.of(0, 0, 0));
  expect(classifier.asked()).toMatchObject({ forwardPasses: 3, backwardPasses: 1, queries: 9, gradients: 3 });
});

test('a compiled function counts its passes, each image of each once, and is compiled once', async () => {
  const classifier = planeClassifier(device());
  const compile = () =>
    classifier.compile('two looks', { x: spec([3, 1, 2, 2]), labels: spec([3], 'i32') }, ({ x, labels }, oracle) => ({
      logits: oracle.logits(x),
      again: oracle.logits(x),
      gradient: oracle.lossGradient(x, labels),
    }));
  const question = await compile();
  expect(question.asks).toMatchObject({ forwardPasses: 1, backwardPasses: 1, queries: 3, gradients: 3 });
  expect(await compile()).toBe(question);
  question.run({ x: images, labels: Int32Array.of(0, 1, 0) });
  question.run({ x: images, labels: Int32Array.of(0, 1, 0) });
  expect(classifier.asked()).toMatchObject({ forwardPasses: 2, backwardPasses: 2, queries: 6, gradients: 6 });
});

test('many images are asked in batches', async () => {
  const classifier = planeClassifier(device());
  const many = Float32Array.from({ length: 4 * 510 }, (_, i) => ((i * 37) % 101) / 101);
  const classes = await classifier.predict(many);
  expect(classifier.asked()).toMatchObject({ forwardPasses: 3, queries: 510 });
  expect(Array.from(classes)).toEqual(
    Array.from({ length: 510 }, (_, i) => Number(margin(many.subarray(4 * i, 4 * i + 4)) > 0)),
  );
});

test('a defence stands before the model, and its gradient passes straight through', async () => {
  const classifier = planeClassifier(device(), { defence: featureSqueezing.make({ bitDepth: 1 }) });
  const squeezed = rows.map((row) => row.map((pixel) => Number(pixel >= 0.5)));
  const margins = squeezed.map((row) => margin(row));
  expectClose(
    await classifier.logits(images),
    margins.flatMap((m) => [-m / 2, m / 2]),
    closely,
  );
  const expected = margins.flatMap((m) => SLOPE.map((value) => value / (1 + Math.exp(-m))));
  expectClose(await classifier.lossGradient(images, Int32Array.of(0, 0, 0)), expected, closely);
});

test('memory is given back, the weights excepted', async () => {
  const classifier = planeClassifier(device());
  const before = device().allocatedBytes;
  await classifier.predict(images);
  await classifier.lossGradient(images, Int32Array.of(0, 1, 0));
  expect(device().allocatedBytes).toBeGreaterThan(before);
  classifier.free();
  expect(device().allocatedBytes).toBe(before);
});
