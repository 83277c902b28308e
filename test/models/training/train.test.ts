import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { ShapeError } from '../../../src/engine/errors.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { add, multiply, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { randomUniform } from '../../../src/engine/ops/random/random.ts';
import { reshape } from '../../../src/engine/ops/shape/shape.ts';
import { type Dataset, toFloat } from '../../../src/models/data/dataset.ts';
import { batches } from '../../../src/models/data/sampling.ts';
import { evaluate } from '../../../src/models/evaluation/evaluate.ts';
import { download, initialWeights, release } from '../../../src/models/network/weights.ts';
import type { Adversary } from '../../../src/models/training/adversary.ts';
import { DivergenceError } from '../../../src/models/training/divergence.ts';
import type { EpochReport, TrainingSnapshot, TrainOptions } from '../../../src/models/training/options.ts';
import { type Training, train } from '../../../src/models/training/train.ts';
import { expectClose, useDevice } from '../../support/checkOp.ts';
import { linearModel } from '../../support/linearModel.ts';

const device = useDevice();
const PIXELS = 4;
const CLASSES = 3;
const model = linearModel([1, 2, 2], CLASSES);

/** 23 images of 2×2 pixels; the class is the brightest of the first three pixels. */
const dataset: Dataset = (() => {
  const count = 23;
  const images = Uint8Array.from({ length: count * PIXELS }, (_, i) => (i * 97 + 31 * (i >> 3)) % 256);
  const labels = Uint8Array.from({ length: count }, (_, i) => {
    const pixels = Array.from(images.subarray(i * PIXELS, i * PIXELS + CLASSES));
    return pixels.indexOf(Math.max(...pixels));
  });
  const split = { images, labels, count };
  return { name: 'brightest', classes: CLASSES, channels: 1, height: 2, width: 2, train: split, test: split };
})();

const options: TrainOptions = {
  epochs: 3,
  batchSize: 5,
  learningRate: 0.5,
  momentum: 0.9,
  weightDecay: 0.01,
  seed: 11,
};

/** Learns from images with noise, which reaches its whole strength at the end. */
const noise: Adversary = {
  warmup: 1,
  queries: 1,
  attack: ({ x, key, strength, forward }) => ({
    logits: forward(add(x, multiply(randomUniform(key, x.shape, { stream: 1 }), strength))),
  }),
};

/** Softmax regression by SGD in float64, on the same batches from the same start. */
function reference({ epochs, batchSize, learningRate, momentum = 0, weightDecay = 0, seed }: TrainOptions) {
  const initial = initialWeights(model, seed).parameters;
  const weight = Float64Array.from(initial['fc.weight']);
  const bias = Float64Array.from(initial['fc.bias']);
  const velocity = [new Float64Array(weight.length), new Float64Array(bias.length)];
  const reports = [];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [loss, right, seen] = [0, 0, 0];
    for (const batch of batches(dataset.train.count, batchSize, seed, epoch, { dropLast: true })) {
      const slopes = [new Float64Array(weight.length), new Float64Array(bias.length)];
      for (const index of batch) {
        const x = toFloat(dataset.train, [index]);
        const logits = Array.from(bias, (b, k) => x.reduce((sum, pixel, i) => sum + weight[k * PIXELS + i] * pixel, b));
        const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
        const label = dataset.train.labels[index];
        loss += Math.log(total) - logits[label];
        right += Number(logits.indexOf(Math.max(...logits)) === label);
        seen++;
        logits.forEach((logit, k) => {
          const slope = (Math.exp(logit) / total - Number(k === label)) / batchSize;
          slopes[1][k] += slope;
          x.forEach((pixel, i) => {
            slopes[0][k * PIXELS + i] += slope * pixel;
          });
        });
      }
      [weight, bias].forEach((values, which) => {
        for (let i = 0; i < values.length; i++) {
          velocity[which][i] = momentum * velocity[which][i] + slopes[which][i] + weightDecay * values[i];
          values[i] -= learningRate * velocity[which][i];
        }
      });
    }
    reports.push({ epoch, loss: loss / seen, accuracy: right / seen });
  }
  return { weight, bias, reports };
}

test('softmax regression ends where float64 does, and reports the same losses', async () => {
  const training = await train(device(), model, dataset, options);
  const expected = reference(options);
  const { parameters } = await download(training.weights);
  // 12 steps in f32 on weights around 1; momentum adds rounding errors of 6e-8 up to tenfold.
  const tolerance = { absolute: 1e-5, why: '12 steps with momentum 0.9 in f32' };
  expectClose(parameters['fc.weight'], expected.weight, tolerance);
  expectClose(parameters['fc.bias'], expected.bias, tolerance);
  expectClose(
    training.epochs.map(({ loss }) => loss),
    expected.reports.map(({ loss }) => loss),
    tolerance,
  );
  expect(training.epochs.map(({ accuracy }) => accuracy)).toEqual(
    expected.reports.map(({ accuracy }) => expect.closeTo(accuracy, 6)),
  );
  expect(training.steps).toBe(12);
  expect(training.flops).toBeGreaterThan(12 * 3 * 2 * options.batchSize * PIXELS * CLASSES * 0.99);
  expect(training.seconds).toBeGreaterThan(0);
  release(training.weights);
});

test('the same seed gives the same bits, another seed other ones', async () => {
  const weightsOf = async (seed: number) => {
    const { weights } = await train(device(), model, dataset, { ...options, seed });
    const host = await download(weights);
    release(weights);
    return host;
  };
  const first = await weightsOf(11);
  expect(await weightsOf(11)).toEqual(first);
  expect(await weightsOf(12)).not.toEqual(first);
});

test('augmentation changes what the model learns from', async () => {
  const { weights } = await train(device(), model, dataset, {
    ...options,
    weightDecay: 0,
    transform: (x) => scale(x, 0),
  });
  const { parameters } = await download(weights);
  release(weights);
  // Black images have no gradient by the weight.
  expect(parameters['fc.weight']).toEqual(initialWeights(model, options.seed).parameters['fc.weight']);
});

test('progress is told every ten steps and at the end of every epoch', async () => {
  const told: string[] = [];
  const { weights } = await train(device(), model, dataset, {
    ...options,
    batchSize: 2,
    epochs: 2,
    onProgress: ({ step, steps, epoch }) => told.push(`${step}/${steps} in epoch ${epoch}`),
  });
  release(weights);
  expect(told).toEqual(['10/22 in epoch 1', '11/22 in epoch 1', '20/22 in epoch 2', '22/22 in epoch 2']);
});

test('memory is given back', async () => {
  const before = device().allocatedBytes;
  const { weights } = await train(device(), model, dataset, options);
  release(weights);
  expect(device().allocatedBytes).toBe(before);
});

test('memory is given back when the training cannot be compiled', async () => {
  const before = device().allocatedBytes;
  const transform = (x: Node) => reshape(x, [1]);
  const training = train(device(), model, dataset, { ...options, transform, validation: dataset.test });
  await expect(training).rejects.toThrow(ShapeError);
  expect(device().allocatedBytes).toBe(before);
});

test('training that diverges stops and says so', async () => {
  const before = device().allocatedBytes;
  const training = train(device(), model, dataset, { ...options, learningRate: 1e30 });
  await expect(training).rejects.toThrow(DivergenceError);
  await expect(training).rejects.toThrow(
    /^training diverged: the loss is (NaN|Infinity) in epoch 1, by step 4; the first value .* step 2; a learning rate below 1e\+30 may help$/,
  );
  expect(device().allocatedBytes).toBe(before);
});

describe('refuses', () => {
  test.each([
    [{ epochs: 0 }, 'training: epochs is 0; it must be a whole number from 1'],
    [{ learningRate: 0 }, 'training: learningRate is 0; it must be above 0'],
    [{ momentum: 1 }, 'training: momentum is 1; it must be at least 0 and below 1'],
    [{ weightDecay: -1 }, 'training: weightDecay is -1; it must be at least 0'],
    [{ labelSmoothing: 1 }, 'training: labelSmoothing is 1; it must be at least 0 and below 1'],
    [{ accumulate: 0.5 }, 'training: accumulate is 0.5; it must be a whole number from 1'],
    [{ clipNorm: 0 }, 'training: clipNorm is 0; it must be above 0'],
    [{ batchSize: 24 }, 'the batch size is 24: it must not exceed the 23 images'],
  ])('%o', async (wrong, message) => {
    await expect(train(device(), model, dataset, { ...options, ...wrong })).rejects.toThrow(new InputError(message));
  });
});

describe('training that is interrupted', () => {
  const bitsOf = async (training: Training) => {
    const host = await download(training.weights);
    release(training.weights);
    return host;
  };

  /** Aborts after the first progress at or after a batch, and gives what training could go on from. */
  const interrupted = async (given: TrainOptions, batch: number) => {
    const interruption = new AbortController();
    let snapshot: TrainingSnapshot | undefined;
    const training = await train(device(), model, dataset, {
      ...given,
      signal: interruption.signal,
      onProgress: ({ step }) => step >= batch && interruption.abort(),
      checkpoints: {
        everyEpochs: 100,
        write: async (given) => {
          snapshot = given;
        },
      },
    });
    release(training.weights);
    return { training, snapshot: snapshot as TrainingSnapshot };
  };

  test.each<[string, Partial<TrainOptions>]>([
    ['momentum and a cosine', { momentum: 0.9, schedule: 'cosine' }],
    [
      'Adam, clipping and one cycle',
      { optimiser: 'adamw', momentum: undefined, clipNorm: 0.5, learningRate: 0.05, schedule: 'one-cycle' },
    ],
    // Batches 3 and 7 wait for a step of the optimiser when the interruption comes.
    ['accumulation', { accumulate: 2, labelSmoothing: 0.1 }],
    ['augmentation', { augment: 'crop-flip', padding: 1 }],
    ['an adversary that grows stronger', { adversary: noise }],
  ])('goes on to the bits of one that is not: %s', async (_, special) => {
    const given = { ...options, batchSize: 3, ...special };
    const whole = await train(device(), model, dataset, given);
    const { training, snapshot } = await interrupted(given, 10);
    expect(training.outcome).toBe('interrupted');
    expect(snapshot.batches).toBeGreaterThanOrEqual(10);
    expect(snapshot.batches).toBeLessThan(whole.steps);
    const rest = await train(device(), model, dataset, { ...given, resume: snapshot });
    expect(rest.outcome).toBe('finished');
    expect(rest.epochs).toEqual(whole.epochs);
    expect(rest.steps).toBe(whole.steps);
    expect(rest.seconds).toBeGreaterThan(training.seconds);
    expect(await bitsOf(rest)).toEqual(await bitsOf(whole));
  });
});

test('validation is told with every epoch, and training ends when patience runs out', async () => {
  const told: EpochReport[] = [];
  const training = await train(device(), model, dataset, {
    ...options,
    // Nothing changes in f32, so that no epoch is better than the first.
    learningRate: 1e-30,
    epochs: 20,
    patience: 2,
    validation: dataset.test,
    onEpoch: (report) => told.push(report),
  });
  const { accuracy, loss } = await evaluate(device(), model, training.weights, dataset.test, [1, 2, 2]);
  release(training.weights);
  expect(training.outcome).toBe('stopped early');
  expect(told).toEqual(training.epochs);
  expect(told.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  for (const report of told) expect(report).toMatchObject({ validationAccuracy: accuracy, validationLoss: loss });
});

test('checkpoints are given at every so many epochs and at the end', async () => {
  const batches: number[] = [];
  const checkpoints = {
    everyEpochs: 2,
    write: async ({ batches: done }: TrainingSnapshot) => {
      batches.push(done);
    },
  };
  const { weights, steps } = await train(device(), model, dataset, { ...options, epochs: 5, checkpoints });
  release(weights);
  expect(steps).toBe(20);
  expect(batches).toEqual([8, 16, 20]);
});
