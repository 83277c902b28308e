import {
  type AttackName,
  type AttackSettings,
  createClassifier,
  noDefence,
  runNamed,
} from '../../src/analysis/robustness/index.ts';
import { fitModel, survivalTable } from '../../src/analysis/survival/index.ts';
import { drawUniform, streamId } from '../../src/base/philox.ts';
import type { Device } from '../../src/engine/index.ts';
import { type Dataset, release, resnet, type Split, toFloat, train } from '../../src/models/index.ts';
import { compileAndFree, EXECUTABLES } from './executables.ts';

/** One attack by gradients, one that looks for the nearest adversarial image, one by queries. */
const ATTACKS: readonly (readonly [AttackName, AttackSettings])[] = [
  ['pgd', { norm: 'inf', eps: 0.1, epsStep: 0.03, maxIter: 4 }],
  ['deepfool', { norm: '2', maxIter: 4, nbGrads: 3 }],
  ['square', { norm: 'inf', eps: 0.1, maxIter: 10 }],
];

const MODELS = ['weibull', 'log-normal', 'cox'] as const;

/** How often a round does each kind of work. */
export const ROUND = { trainings: 1, attacks: ATTACKS.length, fits: MODELS.length, executables: EXECUTABLES } as const;

const SIDE = 12;
const CLASSES = 3;
const TRAIN_IMAGES = 60;
const ATTACKED_IMAGES = 20;
const TABLE_ROWS = 200;

/** Images of even grey with noise; a class is a shade, so that a few batches tell them apart. */
function shades(count: number, seed: number, purpose: string): Split {
  const noise = drawUniform({ seed, stream: streamId(purpose), substream: 0 }, count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  const images = Uint8Array.from(noise, (value, at) => 30 + 60 * labels[Math.floor(at / SIDE ** 2)] + 70 * value);
  return { images, labels, count };
}

const shadesDataset = (seed: number): Dataset => ({
  name: 'shades',
  classes: CLASSES,
  channels: 1,
  height: SIDE,
  width: SIDE,
  train: shades(TRAIN_IMAGES, seed, 'soak train'),
  test: shades(ATTACKED_IMAGES, seed, 'soak test'),
});

/**
 * One round of a soak: trains a small ResNet-18 and frees it, attacks it by gradients, for the nearest image and by queries, fits survival
 * models to a drawn table, and compiles and frees executables. All random numbers follow from the round's number.
 */
export async function soakRound(device: Device, seed: number): Promise<void> {
  await trainAndAttack(device, seed);
  fitModels(seed);
  await compileAndFree(device);
}

async function trainAndAttack(device: Device, seed: number): Promise<void> {
  const dataset = shadesDataset(seed);
  const model = resnet({ depth: 18, width: 4, stem: 'cifar', inChannels: 1, classes: CLASSES });
  const training = { epochs: 1, batchSize: 20, learningRate: 0.05, seed };
  const { weights } = await train(device, model, dataset, training);
  try {
    const classifier = createClassifier(device, model, weights, { shape: [1, SIDE, SIDE], defence: noDefence });
    try {
      const places = Array.from({ length: ATTACKED_IMAGES }, (_, i) => i);
      const samples = { images: toFloat(dataset.test, places), labels: Int32Array.from(dataset.test.labels) };
      for (const [name, settings] of ATTACKS) await runNamed(name, classifier, samples, { ...settings, seed });
    } finally {
      classifier.free();
    }
  } finally {
    release(weights);
  }
}

/** Weibull times with one covariate that halves them, a third of them censored. */
function fitModels(seed: number): void {
  const draws = drawUniform({ seed, stream: streamId('soak table'), substream: 0 }, 2 * TABLE_ROWS);
  const rows = Array.from({ length: TABLE_ROWS }, (_, i) => i);
  const table = survivalTable({
    // Multiples of 2^-24 from 0, moved to the middle between them: their logarithms are finite.
    durations: rows.map((i) => (-Math.log(draws[i] + 2 ** -25)) ** 0.7 * (i % 2 === 0 ? 1 : 0.5)),
    events: rows.map((i) => draws[TABLE_ROWS + i] > 1 / 3),
    covariates: { half: rows.map((i) => i % 2) },
  });
  for (const name of MODELS) fitModel(name, table);
}
