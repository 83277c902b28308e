import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { adversarialTraining } from '../../../../src/analysis/robustness/defences/adversarialTraining.ts';
import { compile, spec } from '../../../../src/engine/index.ts';
import type { Dataset } from '../../../../src/models/data/dataset.ts';
import { release } from '../../../../src/models/network/weights.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import type { TrainOptions } from '../../../../src/models/training/options.ts';
import { train } from '../../../../src/models/training/train.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { values } from '../../../support/values.ts';

/** A ResNet that PyTorch exported for training, and how SGD trains it in float64: test/fixtures/onnx/fineTuning.py. */

const fixture = (name: string) => new URL(`../../../fixtures/onnx/fineTuning.${name}`, import.meta.url);

interface Expected {
  readonly settings: { readonly learningRate: number; readonly momentum: number; readonly weightDecay: number };
  /** Of a step each, before it. */
  readonly losses: readonly number[];
  /** In evaluation, after the last step. */
  readonly logits: readonly number[];
}

const { settings, losses, logits }: Expected = JSON.parse(readFileSync(fixture('json'), 'utf8'));
const COUNT = 8;
const device = useDevice();
const { model, weights, images, classes } = loadOnnx(new Uint8Array(readFileSync(fixture('onnx'))));
const [channels, height, width] = images;

/** All images in one batch, so that their order does not matter. */
const split = {
  images: Uint8Array.from(values(COUNT * channels * height * width, 3000), (value) => Math.floor((value + 1) * 128)),
  labels: Uint8Array.from({ length: COUNT }, (_, i) => i % classes),
  count: COUNT,
};
const dataset: Dataset = { name: 'patterns', classes, channels, height, width, train: split, test: split };
const options: TrainOptions = { ...settings, weights, epochs: losses.length, batchSize: COUNT, seed: 0 };

// Batch norm over eight images of 1 to 16 pixels cancels digits of f32; five steps pass them on.
const CLOSE = 1e-4;

test('five steps from the weights of the file have the losses of PyTorch, and leave its running statistics', async () => {
  const trained = await train(device(), model, dataset, options);
  trained.epochs.forEach(({ loss }, i) => {
    expect(Math.abs(loss / losses[i] - 1)).toBeLessThan(CLOSE);
  });
  expect(trained.epochs).toHaveLength(losses.length);
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec([COUNT, ...images]) },
    { device: device() },
  );
  const x = Float32Array.from(split.images, (byte) => byte / 255);
  const actual = await executable.run({ ...trained.weights, x }).logits.read();
  const largest = Math.max(...logits.map(Math.abs));
  expect(Math.max(...logits.map((value, i) => Math.abs(actual[i] - value))) / largest).toBeLessThan(CLOSE);
  executable.free();
  release(trained.weights);
});

test('it is trained against an adversary, whose images have a higher loss from the first step on', async () => {
  const { adversary } = adversarialTraining.make({
    method: 'madry',
    norm: 'inf',
    eps: 0.03,
    epsStep: 0.015,
    maxIter: 2,
  });
  const trained = await train(device(), model, dataset, { ...options, epochs: 2, adversary });
  trained.epochs.forEach(({ loss }, i) => {
    expect(loss).toBeGreaterThan(losses[i]);
  });
  release(trained.weights);
});
