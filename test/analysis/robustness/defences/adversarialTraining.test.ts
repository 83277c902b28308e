import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pgd } from '../../../../src/analysis/robustness/attacks/gradient/pgd.ts';
import { createClassifier } from '../../../../src/analysis/robustness/classifier/classifier.ts';
import {
  type AdversarialTrainingOptions,
  adversarialTraining,
} from '../../../../src/analysis/robustness/defences/adversarialTraining.ts';
import { noDefence } from '../../../../src/analysis/robustness/defences/none.ts';
import { InputError } from '../../../../src/base/errors.ts';
import { drawNormal } from '../../../../src/base/philox.ts';
import type { Tensor } from '../../../../src/engine/device/device.ts';
import { spec } from '../../../../src/engine/graph/graph.ts';
import type { Node } from '../../../../src/engine/graph/op.ts';
import { add } from '../../../../src/engine/ops/elementwise/elementwise.ts';
import { mean } from '../../../../src/engine/ops/reduce/reduce.ts';
import { softmaxCrossEntropy } from '../../../../src/engine/ops/reduce/softmaxCrossEntropy.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { readCheckpoint } from '../../../../src/models/checkpoint/file.node.ts';
import { type Dataset, type Split, toFloat } from '../../../../src/models/data/dataset.ts';
import { unpackValues, type Vectors } from '../../../../src/models/network/packed.ts';
import { fromStateDict, toPyTorch } from '../../../../src/models/network/stateDict.ts';
import { release } from '../../../../src/models/network/weights.ts';
import type { Adversary, LossTerms } from '../../../../src/models/training/adversary.ts';
import {
  type StepOptions,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../../../../src/models/training/step.ts';
import { train } from '../../../../src/models/training/train.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';
import { convolutionalModel } from '../../../support/convolutionalModel.ts';
import { linearModel } from '../../../support/linearModel.ts';

interface Case {
  readonly options: Omit<AdversarialTrainingOptions, 'epsWarmup'>;
  readonly loss: number;
  /** Of the gradient of each parameter. */
  readonly norms: Readonly<Record<string, number>>;
  readonly running: Readonly<Record<string, readonly number[]>>;
}

interface Fixture {
  readonly key: readonly number[];
  readonly cases: Readonly<Record<string, Case>>;
}

// PyTorch 2.1.2 in float64; see test/fixtures/defences/adversarialTraining.py.
const file = 'test/fixtures/defences/adversarialTraining';
const fixture: Fixture = JSON.parse(readFileSync(`${file}.json`, 'utf8'));
const device = useDevice();
const model = convolutionalModel(10);
const BATCH = 8;
const PIXELS = 28 * 28;
const STATED = { method: 'madry', norm: 'inf', eps: 0.3, epsStep: 0.1, maxIter: 5, epsWarmup: 0 } as const;

/** What a step is compiled with. */
const specsOf = (training: StepOptions) => ({
  ...trainingStepSpecs(model, training, [BATCH, 1, 28, 28]),
  key: spec([2], 'u32'),
});

/** One step on the first images of the attacks' samples, with what its adversary made. */
async function trainOnce(options: AdversarialTrainingOptions, key: readonly number[], strength = 1) {
  const network = 'test/fixtures/attacks/convolutional.safetensors';
  const host = fromStateDict(model, (await readCheckpoint(network)).tensors, network);
  const { tensors } = await readCheckpoint('test/fixtures/attacks/samples.safetensors');
  const { adversary } = adversarialTraining.make(options);
  const shown: Node[] = [];
  const attacked: LossTerms[] = [];
  let passes = 0;
  const watched: Adversary = {
    queries: 0,
    attack: (batch) => {
      const forward = (images: Node) => {
        passes++;
        return batch.forward(shown[shown.push(images) - 1]);
      };
      const predict = (images: Node) => {
        passes++;
        return batch.predict(images);
      };
      const terms = (adversary as Adversary).attack({ ...batch, forward, predict });
      attacked.push(terms);
      return terms;
    },
  };
  const training = { adversary: watched };
  const executable = await compile(
    (inputs) => {
      const step = trainingStep(model, inputs, training);
      const [{ logits, penalty }] = attacked;
      const crossEntropy = mean(softmaxCrossEntropy(logits, inputs.labels));
      const objective = penalty === undefined ? crossEntropy : add(crossEntropy, mean(penalty));
      return { ...step, objective, images: shown[shown.length - 1] };
    },
    specsOf(training),
    { device: device(), donate: TRAINING_STATE_DONATED },
  );
  const data = (name: string) => tensors.get(name)?.data as Uint8Array | Int32Array;
  const clean = Float32Array.from(data('images').subarray(0, BATCH * PIXELS), (value) => value / 255);
  const outputs = executable.run({
    ...uploadTrainingState(device(), model, host, training),
    x: clean,
    labels: Int32Array.from(data('labels').subarray(0, BATCH)),
    key: Uint32Array.from(key),
    rates: stepRates(model, training, 0.01, 0, strength),
  });
  const read = async (specs: typeof model.parameters, vectors: Vectors<Tensor>) =>
    unpackValues(specs, (await Promise.all(vectors.map((vector) => vector.read()))) as Float32Array[]);
  expect(adversary?.queries).toBe(passes);
  const result = {
    clean,
    images: (await outputs.images.read()) as Float32Array,
    loss: (await outputs.objective.read())[0],
    gradients: await read(model.parameters, outputs.gradients),
    state: await read(model.state, outputs.state),
  };
  executable.free();
  return result;
}

test.each(Object.entries(fixture.cases))('a step of %s is that of PyTorch', async (name, expected) => {
  const { tensors } = await readCheckpoint(`${file}.safetensors`);
  const { beta, ...shared } = expected.options;
  const options = { ...shared, ...(shared.method === 'trades' && { beta }), epsWarmup: 0 };
  const { images, loss, gradients, state } = await trainOnce(options, fixture.key);
  // Steps in L-infinity are all or nothing: one wrong sign would be 0.1 and more. In L2 a step's direction has a relative error of
  // about 1e-6, and each of the five steps works on what the others left.
  const reference = tensors.get(`${name}.images`)?.data as Float32Array;
  expectClose(images, reference, { absolute: 1e-4, why: 'the images of a PGD in f32' });
  // A mean over 8 images whose logits are sums of a few hundred f32 products.
  expect(Math.abs(loss / expected.loss - 1)).toBeLessThan(1e-5);
  for (const [parameter, norm] of Object.entries(expected.norms)) {
    const gradient = Float32Array.from(toPyTorch(model.parameters[parameter], gradients[parameter]));
    const own = Math.sqrt(gradient.reduce((squares, value) => squares + value * value, 0));
    // Backward through three batch norms over few images, whose differences cancel digits.
    expect(Math.abs(own / norm - 1), `norm of the gradient of ${parameter}`).toBeLessThan(1e-4);
    const stored = tensors.get(`${name}.${parameter}`);
    if (stored === undefined) continue;
    const bound = (1e-4 * norm) / Math.sqrt(gradient.length);
    expectClose(gradient, stored.data as Float32Array, { absolute: bound, why: `gradient of ${parameter}` });
  }
  for (const [statistic, values] of Object.entries(expected.running))
    expectClose(state[statistic], values, { absolute: 1e-5, why: 'means over 6272 values, pass by pass' });
});

describe('the attack on a batch', () => {
  const distances = ({ clean, images }: { clean: Float32Array; images: Float32Array }) =>
    images.map((pixel, i) => Math.abs(pixel - clean[i]));

  test('begins where the key says, and is the same with the same key', async () => {
    const first = await trainOnce(STATED, [1, 2]);
    expect((await trainOnce(STATED, [1, 2])).images).toEqual(first.images);
    expect((await trainOnce(STATED, [1, 3])).images).not.toEqual(first.images);
  });

  test('with half of its strength reaches half as far', async () => {
    const whole = Math.max(...distances(await trainOnce(STATED, [1, 2])));
    const half = Math.max(...distances(await trainOnce(STATED, [1, 2], 0.5)));
    // Differences of pixels in f32, each rounded to 6e-8.
    expect(Math.abs(whole - 0.3)).toBeLessThan(2e-7);
    expect(Math.abs(half - 0.15)).toBeLessThan(2e-7);
  });
});

test('every step of the attack is counted as a pass forward and a pass backward', async () => {
  const flopsOf = async (maxIter: number) => {
    const training = { adversary: adversarialTraining.make({ ...STATED, maxIter }).adversary };
    const executable = await compile((inputs) => trainingStep(model, inputs, training), specsOf(training), {
      device: device(),
    });
    executable.free();
    return executable.plan.flops;
  };
  // Multiplications and additions of the convolutions of one image, 2 · planes · channels · taps.
  const forward = 2 * 9 * (28 * 28 * 8 + 14 * 14 * 8 * 16 + 7 * 7 * 16 * 32) * BATCH;
  const step = (await flopsOf(3)) - (await flopsOf(2));
  // Twice that; batch norm, ReLU, pooling and the step itself are a few operations for each of 13,000 values.
  expect(step / forward).toBeGreaterThan(2);
  expect(step / forward).toBeLessThan(2.6);
});

describe('on images with one pixel that can be trusted in nine of ten, and 143 that tell the class but are easily changed', () => {
  const SIDE = 12;
  const split = (count: number, substream: number): Split => {
    const noise = drawNormal({ seed: 4, stream: 1, substream }, count * SIDE * SIDE);
    const side = (i: number) => (i % 2 === 0 ? -1 : 1);
    const images = Uint8Array.from(noise, (value, at) => {
      const i = Math.floor(at / (SIDE * SIDE));
      const trusted = at % (SIDE * SIDE) === 0;
      return 51 + (trusted ? 51 * side(i % 20 < 18 ? i : i + 1) : 12 * side(i) + 10 * value);
    });
    return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 2), count };
  };
  const heldOut = split(100, 1);
  const dataset: Dataset = {
    ...{ name: 'trust', classes: 2, channels: 1, height: SIDE, width: SIDE },
    train: split(400, 0),
    test: heldOut,
  };
  const linear = linearModel([1, SIDE, SIDE], 2);

  /** Share of test images that are right before and after PGD with ε = 0.1, which is twice what sets the 143 pixels apart. */
  async function accuracies(adversary: Adversary | undefined) {
    const options = { epochs: 10, batchSize: 20, learningRate: 0.1, momentum: 0.9, seed: 1, adversary };
    const { weights } = await train(device(), linear, dataset, options);
    const classifier = createClassifier(device(), linear, weights, { shape: [1, SIDE, SIDE], defence: noDefence });
    const all = Array.from({ length: heldOut.count }, (_, i) => i);
    const samples = { images: toFloat(heldOut, all), labels: Int32Array.from(heldOut.labels) };
    const attack = { norm: 'inf', eps: 0.1, epsStep: 0.025, maxIter: 10, numRandomInit: 0, seed: 1 } as const;
    const { cleanAccuracy, robustAccuracy } = await pgd.run(classifier, samples, attack);
    classifier.free();
    release(weights);
    return { cleanAccuracy, robustAccuracy };
  }

  test('training believes the many, and adversarial training the one', async () => {
    const plain = await accuracies(undefined);
    expect(plain.cleanAccuracy).toBeGreaterThan(0.97);
    expect(plain.robustAccuracy).toBeLessThan(0.05);
    const options = { ...STATED, eps: 0.1, epsStep: 0.05, maxIter: 4 };
    const robust = await accuracies(adversarialTraining.make(options).adversary);
    // 18 of 20 by construction; a few of them may be tipped by what weight is left on the others.
    expect(robust.robustAccuracy).toBeGreaterThan(0.8);
    expect(robust.robustAccuracy).toBeLessThanOrEqual(0.9);
  });
});

test('is described for attacks', () => {
  expect(adversarialTraining).toMatchObject({ acts: 'training', differentiable: true, random: false });
  expect(adversarialTraining.make(STATED)).toMatchObject({ differentiable: true, random: false });
});

describe('refuses', () => {
  test.each<[object, string]>([
    [{ eps: 0 }, 'adversarial-training: eps is 0; it must be above 0'],
    [{ eps: 2 }, 'adversarial-training: eps is 2; it must be above 0 and at most 1, pixels lying in [0, 1]'],
    [{ epsStep: 2 }, 'adversarial-training: eps_step is 2; it must be above 0 and at most 1, pixels lying in [0, 1]'],
    [{ norm: '2', epsStep: -1 }, 'adversarial-training: eps_step is -1; it must be above 0'],
    [{ norm: '1' }, 'adversarial-training: norm is 1; it must be inf or 2'],
    [{ method: 'free' }, 'adversarial-training: method is free; it must be madry or trades'],
    [{ maxIter: 0 }, 'adversarial-training: max_iter is 0; it must be a whole number from 1'],
    [{ method: 'trades', beta: 0 }, 'adversarial-training: beta is 0; it must be above 0'],
    [{ beta: 6 }, 'adversarial-training: beta is of method trades, not of madry'],
    [{ epsWarmup: 1.5 }, 'adversarial-training: eps_warmup is 1.5; it must be at least 0 and at most 1'],
  ])('%o', (options, message) => {
    expect(() => adversarialTraining.make({ ...STATED, ...options } as AdversarialTrainingOptions)).toThrow(
      new InputError(message),
    );
  });
});
