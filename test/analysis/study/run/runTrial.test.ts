import { expect, test } from 'vitest';
import type { DefenceSpec } from '../../../../src/analysis/robustness/defences/catalogue.ts';
import type { TrialContext, TrialProgress } from '../../../../src/analysis/study/run/machine.ts';
import { trialRunner } from '../../../../src/analysis/study/run/runTrial.ts';
import type { AttackResult, AttackTrial, TrainResult, TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../../../src/base/errors.ts';
import type { Checkpoint } from '../../../../src/models/checkpoint/safetensors.ts';
import { randomCrop } from '../../../../src/models/data/augmentation.ts';
import { partsOf } from '../../../../src/models/data/recipe.ts';
import { classBalanced } from '../../../../src/models/data/sampling.ts';
import { splitDataset } from '../../../../src/models/data/splits.ts';
import { fromCheckpoint, toCheckpoint } from '../../../../src/models/network/savedModel.ts';
import { download, release } from '../../../../src/models/network/weights.ts';
import type { TrainingSpec } from '../../../../src/models/training/spec.ts';
import { train } from '../../../../src/models/training/train.ts';
import { datasetDigest, type TrainedOn } from '../../../../src/models/training/trainedOn.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { stripesDataset as dataset } from '../../../support/stripes.ts';

const device = useDevice();

const training: TrainTrial & { readonly training: TrainingSpec } = {
  kind: 'train',
  data: { name: 'mnist', train: 120, test: 90 },
  model: { family: 'resnet', depth: 18, width: 4, stem: 'imagenet', precision: 'f32' },
  training: { epochs: 4, batchSize: 20, learningRate: 0.05, schedule: 'constant', momentum: 0.9, weightDecay: 5e-4 },
  defence: { name: 'none' },
  seed: 1,
};

const attackOn = (defence: DefenceSpec, eps: number): AttackTrial => ({
  kind: 'attack',
  train: training,
  defence,
  attack: { name: 'pgd', norm: 'inf', eps, epsStep: eps / 4, maxIter: 6, numRandomInit: 0 },
  samples: 30,
  seed: 1,
});

/** A runner whose files are in memory, and a record of what it did. */
function inMemory() {
  const files = new Map<string, Checkpoint>();
  const reads: string[] = [];
  let loads = 0;
  const runner = trialRunner({
    device: device(),
    loadDataset: async (source, onDownload) => {
      expect(source).toEqual({ name: 'mnist' });
      onDownload({ doneBytes: 5_900_000, totalBytes: 170_052_171 });
      onDownload({ doneBytes: 6_000_000, totalBytes: null });
      loads++;
      return dataset;
    },
    readCheckpoint: async (path) => {
      reads.push(path);
      const found = files.get(path);
      if (found === undefined) throw new InputError(`${path}: no such file`);
      return found;
    },
    readOnnx: (path) => Promise.reject(new Error(`${path} is not asked for`)),
    digestOf: (path) => path,
    writeFile: (path) => Promise.reject(new Error(`${path} is not written`)),
    writeCheckpoint: async (path, checkpoint) => void files.set(path, checkpoint),
  });
  const told: TrialProgress[] = [];
  const context = (folder: string, finished: TrainResult | null): TrialContext => ({
    folder,
    training: finished && {
      folder: 'train-1',
      finished: {
        id: 'train-1',
        trial: training,
        result: finished,
        adapter: device().adapter,
        finishedAt: '2025-01-01T00:00:00.000Z',
      },
    },
    report: (progress) => told.push(progress),
  });
  return { runner, files, reads, told, context, loads: () => loads };
}

test('a study’s trials: training, then attacks on it, with and without defence', async () => {
  const { runner, files, reads, told, context, loads } = inMemory();
  const before = device().allocatedBytes;
  const trained = (await runner.runTrial(training, context('train-1', null))) as TrainResult;
  expect([...files.keys()]).toEqual(['train-1/model.safetensors']);
  expect(trained.checkpoint).toBe('model.safetensors');
  expect(trained.trainSamples).toBe(120);
  expect(trained.accuracy).toBeGreaterThan(0.9);
  // The diagonal of the confusion matrix are the right answers.
  const confusion = trained.confusion ?? [];
  const right = confusion.reduce((sum, row, label) => sum + row[label], 0);
  expect(right / confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(trained.accuracy);
  expect(trained.calibrationError).toBeLessThan(1);
  expect(trained.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
  expect(trained.epochs[3].loss).toBeLessThan(trained.epochs[0].loss);
  expect(told.slice(0, 2)).toEqual([
    { done: 5, total: 170, unit: 'MB', note: 'downloading mnist' },
    { done: 6, total: 6, unit: 'MB', note: 'downloading mnist' },
  ]);
  expect(told.find(({ unit }) => unit === 'steps')).toMatchObject({ done: 3, total: 24 });
  expect(told.at(-1)).toMatchObject({ done: 90, total: 90, unit: 'images' });
  // Four epochs of six batches, with a pause every third, where they were compared to a network that stays; the first has nothing to
  // compare.
  expect(trained.trainSteps).toBe(24);
  const { times = [], reference = [] } = trained.calibration?.executables['batch of training'] ?? {};
  expect(times.length).toBeGreaterThanOrEqual(6);
  expect(reference).toHaveLength(times.length);
  expect(Object.keys(trained.calibration?.executables ?? {})).toEqual(['batch of training']);
  const kept = device().allocatedBytes;
  // What `outlast attack` follows: the same test images again, from the file alone.
  const file = files.get('train-1/model.safetensors') as Checkpoint;
  const known = fromCheckpoint(file, 'train-1/model.safetensors').trainedOn as TrainedOn;
  expect(known).toEqual({
    ...{ source: { name: 'mnist' }, split: 'standard', train: 120, test: 90, validation: 0, seed: 1 },
    ...{ dataset: 'stripes', shape: [1, 12, 12], classes: 3, classNames: null },
    digest: await datasetDigest(dataset),
  });
  const tested = splitDataset(dataset, { split: 'standard', train: 120, test: 90 }, 1).test;
  expect(partsOf(dataset, known, known.seed).dataset.test).toEqual(tested);

  const attacked = async (defence: DefenceSpec, eps: number) =>
    (await runner.runTrial(attackOn(defence, eps), context('attack', trained))) as AttackResult;
  const untouched = await attacked({ name: 'none' }, 1e-7);
  const strong = await attacked({ name: 'none' }, 0.5);
  expect(untouched.testAccuracy).toBe(trained.accuracy);
  // Six steps, the last without a gradient; each image pays for its share, and those that were wrong before for none. The first step
  // of a start also looks at where it begins.
  expect(untouched.executables).toEqual([
    'gradient step in Linf of 30 images',
    'last gradient step in Linf of 30 images',
  ]);
  const runs = (name: number) => untouched.records.reduce((sum, record) => sum + (record.runs?.[name] ?? 0), 0);
  expect(runs(0)).toBeCloseTo(6, 9);
  expect(runs(1)).toBeCloseTo(1, 9);
  expect(Object.keys(untouched.calibration?.executables ?? {})).toEqual(untouched.executables);
  expect(untouched.records.map(({ label }) => label)).toEqual(Array.from({ length: 30 }, (_, i) => i % 3));
  // Which of the 150 test images they are, as published: those of the part of 90 that have the same labels, each once.
  const part = splitDataset(dataset, { split: 'standard', train: 120, test: 90 }, 1).test;
  const chosen = classBalanced(part.labels, 3, 30, 1);
  expect(untouched.images).toEqual(Array.from(chosen, (at) => part.origins?.[at]));
  expect(untouched.images?.map((image) => dataset.test.labels[image])).toEqual(
    untouched.records.map(({ label }) => label),
  );
  expect(Math.max(...(untouched.images ?? []))).toBeGreaterThanOrEqual(90);
  // A millionth of a grey level changes no class; half of the pixel range erases the stripes.
  expect(untouched.robustAccuracy).toBe(untouched.cleanAccuracy);
  expect(strong.cleanAccuracy).toBe(untouched.cleanAccuracy);
  expect(strong.robustAccuracy).toBeLessThanOrEqual(0.1);
  expect(told.at(-1)?.note).toMatch(/^[0-3] of 30 hold out$/);

  // Attacks by name, and what a sample may cost: a twentieth of the pixel range breaks few stripes, and never for more than that.
  const limited: AttackTrial = {
    ...attackOn({ name: 'none' }, 0),
    attack: { name: 'square', norm: 'inf', eps: 0.05, maxIter: 5000, pInit: 0.8 },
    budget: { maxQueries: 12 },
  };
  const squares = (await runner.runTrial(limited, context('attack', trained))) as AttackResult;
  const holding = squares.records.filter(({ success, misclassifiedBefore }) => !success && !misclassifiedBefore);
  expect(holding.length).toBeGreaterThan(0);
  expect(holding.map(({ cost }) => cost.queries)).toEqual(holding.map(() => 12));

  // One bit at a threshold of 128 keeps the bright stripe and little else: another accuracy, measured on the test split.
  const squeezed = await attacked({ name: 'feature-squeezing', bitDepth: 1 }, 1e-7);
  expect(squeezed.testAccuracy).not.toBe(trained.accuracy);
  // The largest of three probabilities is a third at least, so a cutoff of 0.33 keeps every class. Noise of a hundred times the
  // range of probabilities leaves a guess among three: four standard errors of 90 images.
  const cut = await attacked({ name: 'high-confidence', cutoff: 0.33 }, 1e-7);
  expect(cut.testAccuracy).toBe(trained.accuracy);
  const noisy = await attacked({ name: 'gaussian-noise', scale: 100 }, 1e-7);
  expect(Math.abs(noisy.testAccuracy - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / 90));
  // Certificates come with every attack on a target, and are the same.
  const smoothing = { copies: 4, augmentation: false, n0: 20, n: 100, alpha: 0.01, sigma: 0.05 };
  const smoothed = await attacked({ name: 'randomised-smoothing', ...smoothing }, 1e-7);
  const { certificates = [] } = smoothed;
  expect(certificates).toHaveLength(30);
  // A hundred copies that agree certify 0.05 · Φ⁻¹(0.01^(1 / 100)) = 0.0848, and none can certify more.
  expect(Math.max(...certificates.map(({ radius }) => radius))).toBeCloseTo(0.0848, 3);
  const sure = certificates.filter(({ predicted }, i) => predicted === smoothed.records[i].label);
  expect(sure.length).toBeGreaterThan(24);
  expect((await attacked({ name: 'randomised-smoothing', ...smoothing }, 1e-6)).certificates).toEqual(certificates);
  expect(squeezed.certificates).toBeUndefined();
  expect(reads).toEqual(new Array(5).fill('train-1/model.safetensors'));
  expect(loads()).toBe(1);
  expect(device().allocatedBytes).toBeGreaterThanOrEqual(kept);
  runner.close();
  expect(device().allocatedBytes).toBe(before);
});

test('the same training gives the same file; noise on the training data, or labels less sure, another one', async () => {
  const { runner, files, context } = inMemory();
  const short = { ...training, training: { ...training.training, epochs: 1 } };
  const noisy: TrainTrial = { ...short, defence: { name: 'gaussian-augmentation', sigma: 0.3, ratio: 0.5 } };
  await runner.runTrial(short, context('a', null));
  await runner.runTrial(short, context('b', null));
  await runner.runTrial(noisy, context('c', null));
  await runner.runTrial({ ...short, defence: { name: 'label-smoothing', alpha: 0.2 } }, context('d', null));
  const tensors = (folder: string) => files.get(`${folder}/model.safetensors`)?.tensors;
  expect(tensors('b')).toEqual(tensors('a'));
  expect(tensors('c')).not.toEqual(tensors('a'));
  expect(tensors('d')).not.toEqual(tensors('a'));
});

test('a random defence draws for a trial what it draws for it alone, whatever was attacked before', async () => {
  const noise: DefenceSpec = { name: 'gaussian-noise', scale: 0.2 };
  const { runner, context } = inMemory();
  const short = { ...training, training: { ...training.training, epochs: 1 } };
  const trained = (await runner.runTrial(short, context('train-1', null))) as TrainResult;
  const result = async (trial: AttackTrial) => {
    const { testAccuracy, records } = (await runner.runTrial(trial, context('attack', trained))) as AttackResult;
    return {
      testAccuracy,
      records: records.map(({ cost: { seconds: _, ...cost }, ...record }) => ({ ...record, cost })),
    };
  };
  const last = attackOn(noise, 0.1);
  const alone = await result(last);
  const others = { ...attackOn(noise, 0.05), attack: { name: 'hopskipjump', norm: '2', maxIter: 1 }, seed: 2 } as const;
  // Another defence between them, so that the same model is opened again.
  await result(attackOn({ name: 'none' }, 0.1));
  await result({ ...others, attack: { ...others.attack, initEval: 4, maxEval: 4, initSize: 8 } });
  expect(await result(last)).toEqual(alone);
  // Noise decides: another seed, other records.
  expect((await result({ ...last, seed: 3 })).records).not.toEqual(alone.records);
  runner.close();
});

test('a checkpoint of another model is refused', async () => {
  const { runner, context } = inMemory();
  const short = { ...training, training: { ...training.training, epochs: 1 } };
  const trained = (await runner.runTrial(short, context('train-1', null))) as TrainResult;
  const wider = { ...attackOn({ name: 'none' }, 0.1), train: { ...training, model: { ...training.model, width: 8 } } };
  await expect(runner.runTrial(wider, context('attack', trained))).rejects.toThrow(
    new InputError(
      "train-1/model.safetensors: holds a ResNet-18 of width 4, imagenet stem, not the trial's ResNet-18 of width 8, imagenet stem",
    ),
  );
});

test('a trial trains as its study says: optimiser, schedule, augmentation, clipping and accumulation reach the training', async () => {
  const { runner, files, context } = inMemory();
  const trial: TrainTrial = {
    ...training,
    data: { name: 'mnist', train: 60, test: 30 },
    training: {
      ...{ epochs: 2, batchSize: 10, learningRate: 0.01, schedule: 'cosine', optimiser: 'adamw', beta1: 0.8 },
      ...{ augment: 'crop-flip', padding: 2, clipNorm: 0.5, accumulate: 2, recompute: 'blocks', labelSmoothing: 0.1 },
    },
  };
  await runner.runTrial(trial, context('train-1', null));
  await runner.runTrial(trial, context('train-2', null));
  runner.close();
  const [first, second] = [...files.values()].map(({ tensors }) => tensors);
  // A trial that was killed begins again, and comes to the same bits.
  expect(second).toEqual(first);
  const whole = splitDataset(dataset, { split: 'standard', train: 60, test: 30 }, 1);
  const { options, model } = fromCheckpoint(files.get('train-1/model.safetensors') as Checkpoint, 'a file');
  const { weights } = await train(device(), model, whole, {
    ...{ epochs: 2, batchSize: 10, learningRate: 0.01, seed: 1, optimiser: 'adamw', beta1: 0.8, schedule: 'cosine' },
    ...{ clipNorm: 0.5, accumulate: 2, recompute: 'blocks', labelSmoothing: 0.1 },
    transform: randomCrop({ padding: 2, flip: true }),
  });
  const { tensors } = toCheckpoint(options, await download(weights));
  release(weights);
  expect(first).toEqual(tensors);
});

test('a training with patience stops early, by images that are held out', async () => {
  const { runner, context } = inMemory();
  const trial: TrainTrial = {
    ...training,
    data: { name: 'mnist', train: 60, test: 30, validation: 20 },
    // Nothing changes in f32, so that no epoch is better than the first.
    training: {
      ...training.training,
      batchSize: 10,
      learningRate: 1e-30,
      epochs: 9,
      patience: 2,
      momentum: 0,
      weightDecay: 0,
    },
  };
  const trained = (await runner.runTrial(trial, context('train-1', null))) as TrainResult;
  runner.close();
  expect(trained).toMatchObject({ trainSamples: 40, trainSteps: 12 });
  expect(trained.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  for (const { validationAccuracy } of trained.epochs) expect(validationAccuracy).toBeGreaterThanOrEqual(0);
});
