import { readFile } from 'node:fs/promises';
import type { AttackOutcome } from '../../src/analysis/robustness/attacks/run/attack.ts';
import type { Samples } from '../../src/analysis/robustness/attacks/run/batch.ts';
import { type Classifier, createClassifier } from '../../src/analysis/robustness/classifier/classifier.ts';
import { noDefence } from '../../src/analysis/robustness/defences/none.ts';
import type { Device } from '../../src/engine/device/device.ts';
import { readCheckpoint } from '../../src/models/checkpoint/file.node.ts';
import { resnet } from '../../src/models/network/families/resnet.ts';
import type { Model } from '../../src/models/network/model.ts';
import { fromStateDict } from '../../src/models/network/stateDict.ts';
import { upload } from '../../src/models/network/weights.ts';
import { convolutionalModel } from './convolutionalModel.ts';

export type NetworkName = 'convolutional' | 'resnet';

/** All networks of train.ts: reference.py attacks those that were trained plainly. */
export type TrainedNetwork = NetworkName | 'robust';

/** What another implementation did on all attacked samples. */
export interface ReferenceRate {
  readonly successes: number;
  /** A 1 for each sample that it broke, a 0 for the others. */
  readonly success: string;
  readonly medianDistance: number | null;
  readonly queries: number;
  readonly gradients: number;
  readonly norm: 'inf' | '1' | '2' | '0';
}

interface ReferenceFile {
  readonly attacked: readonly number[];
  readonly logits: readonly (readonly number[])[];
  readonly deterministic: Readonly<Record<string, { readonly success: string }>>;
  readonly stochastic: Readonly<Record<string, ReferenceRate>>;
}

export interface Reference {
  /** The samples that the network classifies rightly. */
  readonly samples: Samples;
  readonly logits: readonly number[];
  /** For each attacked sample whether the attack succeeded, and the images of the first ones. */
  deterministic(attack: string): { readonly success: readonly boolean[]; readonly images: Float32Array };
  rate(attack: string): ReferenceRate;
}

const folder = 'test/fixtures/attacks';

/** Some of the samples that train.ts wrote, by their places among all. */
export async function readSamples(places: readonly number[]): Promise<Samples> {
  const { tensors } = await readCheckpoint(`${folder}/samples.safetensors`);
  const pixels = 28 * 28;
  const bytes = tensors.get('images')?.data as Uint8Array;
  const labels = tensors.get('labels')?.data as Int32Array;
  const images = places.flatMap((i) => Array.from(bytes.subarray(i * pixels, (i + 1) * pixels), (v) => v / 255));
  return { images: Float32Array.from(images), labels: Int32Array.from(places, (i) => labels[i]) };
}

/** What reference.py wrote for a network. */
export async function readReference(network: NetworkName): Promise<Reference> {
  const stored = await readCheckpoint(`${folder}/reference.safetensors`);
  const file: ReferenceFile = JSON.parse(await readFile(`${folder}/reference.json`, 'utf8'))[network];
  return {
    samples: await readSamples(file.attacked),
    logits: file.logits.flat(),
    deterministic: (attack) => ({
      success: Array.from(file.deterministic[attack].success, (digit) => digit === '1'),
      images: stored.tensors.get(`${network}.${attack}`)?.data as Float32Array,
    }),
    rate: (attack) => file.stochastic[attack],
  };
}

/** A network of train.ts as attacks see it. */
export async function openNetwork(device: Device, network: TrainedNetwork): Promise<Classifier> {
  const file = `${folder}/${network}.safetensors`;
  const { tensors, metadata } = await readCheckpoint(file);
  const model: Model = network === 'resnet' ? resnet(JSON.parse(metadata['outlast.resnet'])) : convolutionalModel(10);
  const weights = upload(device, model, fromStateDict(model, tensors, file));
  return createClassifier(device, model, weights, { shape: [1, 28, 28], defence: noDefence });
}

/** Networks that a test file opens once: what one test has compiled serves the others. */
export function useNetworks(device: () => Device): (network: TrainedNetwork) => Promise<Classifier> {
  const opened = new Map<TrainedNetwork, Promise<Classifier>>();
  return (network) => {
    const classifier = opened.get(network) ?? openNetwork(device(), network);
    opened.set(network, classifier);
    return classifier;
  };
}

/** The convolutional network, the first so many of its samples (all unless given), and what the reference did on all of them. */
export function useConvolutional(device: () => Device) {
  const open = useNetworks(device);
  return async (count?: number) => {
    const { samples, rate } = await readReference('convolutional');
    const total = samples.labels.length;
    return { samples: first(samples, count ?? total), rate, classifier: await open('convolutional'), total };
  };
}

/** The first so many samples. */
export const first = ({ images, labels }: Samples, count: number): Samples => ({
  images: images.slice(0, count * (images.length / labels.length)),
  labels: labels.slice(0, count),
});

/** Successes, and the median distance of these. */
export function summary({ records }: AttackOutcome, norm: 'l0' | 'l1' | 'l2' | 'linf') {
  const found = records.filter(({ success }) => success).map(({ distances }) => distances[norm]);
  found.sort((a, b) => a - b);
  const mean = (of: (record: (typeof records)[number]) => number) =>
    records.reduce((sum, record) => sum + of(record), 0) / records.length;
  return {
    successes: found.length,
    // As torch.median: the lower of the two in the middle.
    medianDistance: found[Math.floor((found.length - 1) / 2)],
    queries: mean(({ cost }) => cost.queries),
    gradients: mean(({ cost }) => cost.gradients),
  };
}
