import { expect, test } from 'vitest';
import { trialRunner } from '../../../../src/analysis/study/run/runTrial.ts';
import { checkStoredModels } from '../../../../src/analysis/study/run/storedModel.ts';
import type { ModelReader } from '../../../../src/analysis/study/run/trialResources.ts';
import type { StoredModelSpec } from '../../../../src/analysis/study/trial/storedModel.ts';
import type { AttackResult, AttackTrial, TrainResult, TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../../../src/base/errors.ts';
import type { Checkpoint } from '../../../../src/models/checkpoint/safetensors.ts';
import type { Dataset, Split } from '../../../../src/models/data/dataset.ts';
import { buildNetwork, type NetworkOptions } from '../../../../src/models/network/catalogue.ts';
import { fromCheckpoint, toCheckpoint } from '../../../../src/models/network/savedModel.ts';
import { initialWeights } from '../../../../src/models/network/weights.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import { toOnnx } from '../../../../src/models/onnx/writer/toOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const SIDE = 4;

/** Images whose class is the brighter half: `count` of each. */
function halves(count: number): Split {
  const labels = Uint8Array.from({ length: 2 * count }, (_, i) => i % 2);
  const images = Uint8Array.from({ length: labels.length * SIDE * SIDE }, (_, at) => {
    const lower = Math.floor(at / SIDE) % SIDE >= SIDE / 2;
    return lower === (labels[Math.floor(at / (SIDE * SIDE))] === 1) ? 200 : 50;
  });
  return { images, labels, count: labels.length };
}

const dataset: Dataset = {
  ...{ name: 'mnist', classes: 2, channels: 1, height: SIDE, width: SIDE, train: halves(10), test: halves(15) },
};

const OPTIONS: NetworkOptions = {
  ...{ family: 'mlp', depth: 1, width: 2, inChannels: 1, classes: 2, imageSize: [SIDE, SIDE] },
};

/** A network whose logits are the brightness of each half: every image is classified rightly, whatever its weights began as. */
function brightness(): Checkpoint {
  const { parameters, state } = initialWeights(buildNetwork(OPTIONS), 0);
  const half = (unit: number) => (_: unknown, pixel: number) => (Math.floor(pixel / 8) === unit ? 1 : 0);
  const first = Float32Array.from([...Array.from({ length: 16 }, half(0)), ...Array.from({ length: 16 }, half(1))]);
  const known = { 'fc1.weight': first, 'fc2.weight': Float32Array.of(1, 0, 0, 1) };
  const biases = { 'fc1.bias': new Float32Array(2), 'fc2.bias': new Float32Array(2) };
  return toCheckpoint(OPTIONS, { parameters: { ...parameters, ...known, ...biases }, state });
}

const model: StoredModelSpec = { family: 'checkpoint', file: 'there.safetensors', sha256: 'ab', precision: 'f16' };
const read: TrainTrial = {
  ...{
    kind: 'train',
    data: { name: 'mnist', train: null, test: null },
    model,
    training: null,
    defence: { name: 'none' },
    seed: 0,
  },
};

/** Files in memory: checkpoints, and bytes of ONNX files. */
type Files = Map<string, Checkpoint | Uint8Array>;

const readerOf = (files: Files): ModelReader => ({
  digestOf: () => 'ab',
  readCheckpoint: async (path) => files.get(path) as Checkpoint,
  readOnnx: async (path) => ({ file: path, bytes: files.get(path) as Uint8Array }),
});

function runnerWith(files: Files, data: Dataset = dataset) {
  const runner = trialRunner({
    device: device(),
    loadDataset: async () => data,
    ...readerOf(files),
    writeCheckpoint: async (path, checkpoint) => void files.set(path, checkpoint),
    writeFile: async (path, bytes) => void files.set(path, bytes),
  });
  const context = (finished: TrainResult | null) => ({
    folder: 'here',
    training: finished && {
      folder: 'here',
      finished: { id: 'here', trial: read, result: finished, adapter: device().adapter, finishedAt: '' },
    },
    report: () => {},
  });
  return { runner, context };
}

test('a stored model is tested, kept beside its trial in the study’s precision, and attacked', async () => {
  const files: Files = new Map([['there.safetensors', brightness()]]);
  const { runner, context } = runnerWith(files);
  const tested = (await runner.runTrial(read, context(null))) as TrainResult;
  expect(tested).toMatchObject({
    ...{ accuracy: 1, trainSeconds: 0, trainSamples: 0, epochs: [], parameters: 16 * 2 + 2 + 4 + 2 },
    network: 'MLP of 1 hidden layer of 2 units',
  });
  expect(tested.confusion).toEqual([
    [15, 0],
    [0, 15],
  ]);
  const kept = files.get('here/model.safetensors') as Checkpoint;
  expect(fromCheckpoint(kept, 'kept').options.precision).toBe('f16');
  const attack: AttackTrial = {
    kind: 'attack',
    train: read,
    defence: { name: 'none' },
    // Halves differ by 150 of 255: half of that to each makes them equal.
    attack: { name: 'pgd', norm: 'inf', eps: 0.35, epsStep: 0.1, maxIter: 8, numRandomInit: 0 },
    samples: 10,
    seed: 0,
  };
  const strong = (await runner.runTrial(attack, context(tested))) as AttackResult;
  expect([strong.cleanAccuracy, strong.robustAccuracy, strong.testAccuracy]).toEqual([1, 0, 1]);
  const weaker = { ...attack, attack: { ...attack.attack, eps: 0.25 } } as AttackTrial;
  expect(((await runner.runTrial(weaker, context(tested))) as AttackResult).robustAccuracy).toBe(1);
  runner.close();
});

/** What an attack trial on a stored model comes to, but for times, and the images in the end; beside it what the reading came to. */
async function attacked(files: Files, stored: StoredModelSpec) {
  const { runner, context } = runnerWith(files);
  const trial: TrainTrial = { ...read, model: stored };
  const tested = (await runner.runTrial(trial, context(null))) as TrainResult;
  const defence = { name: 'feature-squeezing', bitDepth: 3 } as const;
  const attack = { name: 'pgd', norm: 'inf', eps: 0.4, epsStep: 0.1, maxIter: 6, numRandomInit: 1 } as const;
  const result = await runner.runTrial(
    { ...{ kind: 'attack', train: trial, defence, attack, samples: 10, seed: 3 } },
    context(tested),
  );
  runner.close();
  const { records, cleanAccuracy, robustAccuracy, testAccuracy } = result as AttackResult;
  // Of 16 bits, an ONNX graph is rounded where a checkpoint's layer is not, by values that are of 16 bits: it counts more operations.
  const outcomes = records.map(({ cost: { seconds: _, flops, ...cost }, ...record }) => ({
    ...record,
    cost: stored.precision === 'f16' ? cost : { ...cost, flops },
  }));
  return { tested, outcomes, accuracies: [cleanAccuracy, robustAccuracy, testAccuracy] };
}

test.each(['f32', 'f16'] as const)(
  'an ONNX export of a checkpoint gives the bits of the checkpoint under attack in %s',
  async (precision) => {
    const { model: network, weights } = fromCheckpoint(brightness(), 'there.safetensors');
    const files: Files = new Map<string, Checkpoint | Uint8Array>([
      ['there.safetensors', brightness()],
      ['there.onnx', toOnnx(network, weights, { images: [1, SIDE, SIDE] })],
    ]);
    const own = await attacked(files, { ...model, precision });
    const exported = await attacked(files, { family: 'onnx', file: 'there.onnx', sha256: 'ab', precision });
    expect(exported.outcomes).toEqual(own.outcomes);
    expect(exported.accuracies).toEqual(own.accuracies);
    expect(own.accuracies).toEqual([1, 0, 1]);
    const { accuracy, testLoss, parameters, network: what, checkpoint } = exported.tested;
    const { accuracy: same, testLoss: loss, parameters: numbers } = own.tested;
    expect([accuracy, testLoss, parameters]).toEqual([same, loss, numbers]);
    expect([what, checkpoint]).toEqual(['ONNX network of opset 17, written by outlast', 'model.onnx']);
    // What is kept says itself how it is read: in the study's precision.
    const kept = loadOnnx(files.get('here/model.onnx') as Uint8Array);
    expect(kept.model.precision).toBe(precision);
  },
);

test('before anything is trained, models that take other images are refused', async () => {
  const { model: network, weights } = fromCheckpoint(brightness(), 'there.safetensors');
  const files: Files = new Map([['there.onnx', toOnnx(network, weights, { images: [1, SIDE, SIDE] })]]);
  const onnx: StoredModelSpec = { family: 'onnx', file: 'there.onnx', sha256: 'ab', precision: 'f32' };
  const check = (stored: StoredModelSpec) => checkStoredModels([{ ...read, model: stored }], readerOf(files));
  await expect(check(onnx)).rejects.toThrow(
    new InputError('there.onnx: takes images of [batch, 1, 4, 4], those of mnist are [1, 28, 28]'),
  );
  await expect(check({ ...onnx, sha256: 'cd' })).rejects.toThrow(InputError);
  const digits = buildNetwork({ ...OPTIONS, imageSize: [28, 28] });
  files.set('there.onnx', toOnnx(digits, initialWeights(digits, 0), { images: [1, 28, 28] }));
  await expect(check(onnx)).rejects.toThrow(
    new InputError('there.onnx: takes 1 channels and tells 2 classes; mnist has 1 and 10'),
  );
});

test('another file than the study means, and images that do not fit, are refused', async () => {
  const files: Files = new Map([['there.safetensors', brightness()]]);
  const other = { ...read, model: { ...model, sha256: 'cd' } };
  const refusal = async (trial: TrainTrial, data?: Dataset) => {
    const { runner, context } = runnerWith(files, data);
    const error = await runner.runTrial(trial, context(null)).catch((thrown: unknown) => thrown);
    runner.close();
    return error;
  };
  expect(await refusal(other)).toEqual(
    new InputError('there.safetensors: is another file than the study means; its SHA-256 is ab, that of the study cd'),
  );
  expect(await refusal(read, { ...dataset, classes: 3 })).toEqual(
    new InputError('there.safetensors: takes 1 channels and tells 2 classes; mnist has 1 and 3'),
  );
  const flat = { ...dataset, height: 2, width: 8 };
  expect(await refusal(read, flat)).toEqual(
    new InputError('there.safetensors: takes images of 4 x 4 pixels; those of mnist have 8 x 2'),
  );
});
