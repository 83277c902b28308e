import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { fileDigest, writeFileAtomic } from '../../base/files.node.ts';
import type { Device } from '../../engine/index.ts';
import { readCheckpoint } from '../../models/checkpoint/file.node.ts';
import { latestCheckpoint, removeSuperfluous, writeKeptCheckpoint } from '../../models/checkpoint/folder.node.ts';
import {
  type Checkpoint,
  type Dataset,
  download,
  evaluate,
  fromOnnxCheckpoint,
  fromTrainingCheckpoint,
  loadOnnx,
  onnxGraphFileOf,
  type Parts,
  type Prices,
  release,
  type SearchTrial,
  type Split,
  searchLearningRate,
  type TrainedOn,
  type TrainingSnapshot,
  type TrainOptions,
  toTrainingCheckpoint,
  train,
  trainedOn,
  trainingCost,
} from '../../models/index.ts';
import { readOnnxFile } from '../../models/onnx/file.node.ts';
import { adversaryFrom } from './adversarial.ts';
import { type Kept, parseKept, type TrainConfig } from './config.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { type NetworkFor, type NetworkInTraining, onnxNetwork, resumedNetwork } from './network.ts';
import type { TrainingProgress } from './progress.ts';

export interface TrainTask {
  readonly config: TrainConfig;
  readonly network: NetworkInTraining;
  /** The data set as it was read. */
  readonly whole: Dataset;
  /** The parts of the data set, as the configuration divides it. */
  readonly parts: Parts;
  /** Goes on from here. */
  readonly resume?: TrainingSnapshot;
  /** To choose from, by short trainings of so many epochs. */
  readonly search?: { readonly learningRates: readonly number[]; readonly epochs: number };
  readonly out: string;
  /** Checkpoints of the training that are kept. */
  readonly keep: number;
  readonly prices: Prices;
  readonly signal: AbortSignal;
}

/** A training as its last checkpoint holds it. */
interface Resumed extends Kept {
  readonly resume: TrainingSnapshot;
  readonly networkFor: NetworkFor;
  readonly images: TrainedOn | null;
  readonly file: string;
}

/** What the last checkpoint in a folder says. @throws InputError when there is none, or it is wrong */
export async function resumeFrom(folder: string): Promise<Resumed> {
  const file = await latestCheckpoint(folder);
  const checkpoint = await readCheckpoint(file);
  const graph = onnxGraphFileOf(checkpoint, file);
  if (graph !== null) return resumeOnnx(checkpoint, file, join(folder, graph.file), graph.sha256);
  const { config, snapshot, saved } = fromTrainingCheckpoint(checkpoint, file);
  const networkFor = resumedNetwork(saved.options, file);
  return { ...parseKept(config, file), resume: snapshot, networkFor, images: saved.trainedOn, file };
}

async function resumeOnnx(checkpoint: Checkpoint, file: string, path: string, sha256: string): Promise<Resumed> {
  const onnx = await readOnnxFile(path);
  const found = fileDigest(path);
  if (found !== sha256)
    throw new InputError(
      `${path}: is not the network of ${file}; its SHA-256 is ${found}, that of the network ${sha256}`,
    );
  const { bytes, ...source } = onnx;
  const network = loadOnnx(bytes, source);
  const { config, snapshot, saved } = fromTrainingCheckpoint(checkpoint, file, () =>
    fromOnnxCheckpoint(checkpoint, network, file),
  );
  return {
    ...parseKept(config, file),
    resume: snapshot,
    networkFor: onnxNetwork(onnx, {}),
    images: saved.trainedOn,
    file,
  };
}

/** What rounding depends on. */
export const computedBy = ({ adapter, profile: { tuning } }: Device): Kept['computedBy'] => ({
  adapter: `${adapter.name}, ${adapter.driver}`,
  kernels: tuning?.identity ?? null,
});

function trainOptionsOf(config: TrainConfig, validation: Split | undefined): TrainOptions {
  const { data: _, model: __, from: ___, checkpointEvery: ____, adversarial, ...training } = config;
  return { ...training, adversary: adversaryFrom(adversarial), validation };
}

/** What a training came to; `result.json`. */
export interface TrainOutcome {
  readonly outcome: string;
  readonly config: TrainConfig;
  readonly search: readonly SearchTrial[] | null;
  readonly test: object | null;
  readonly cost: object;
}

/**
 * Trains, keeps checkpoints and metrics in a folder, and at the end writes the model and its evaluation on the test split.
 * @throws DivergenceError, after it is written down in the metrics
 */
export async function runTraining(device: Device, task: TrainTask, progress: TrainingProgress): Promise<TrainOutcome> {
  const metrics = await openMetrics(task.out, task.resume?.batches ?? null);
  try {
    return await trainWith(device, task, progress, metrics);
  } catch (error) {
    metrics.add({ event: 'failed', name: (error as Error).name, message: (error as Error).message });
    throw error;
  } finally {
    await metrics.close();
  }
}

async function trainWith(
  device: Device,
  { config: given, network, whole, parts, resume, search, out, keep, prices, signal }: TrainTask,
  progress: TrainingProgress,
  metrics: Metrics,
): Promise<TrainOutcome> {
  const { dataset, validation } = parts;
  const { model, weights } = network;
  const images = await trainedOn(whole, given.data, given.seed);
  const found =
    search === undefined || validation === undefined
      ? null
      : await searchLearningRate(device, model, dataset, {
          ...trainOptionsOf({ ...given, epochs: search.epochs }, validation),
          ...{ validation, weights },
          learningRates: search.learningRates,
          signal,
          onTrial: (trial) => {
            metrics.add({ event: 'search', ...trial });
            const said = trial.divergence ?? `validation accuracy ${(100 * Number(trial.accuracy)).toFixed(2)} %`;
            progress.say(`learning rate ${trial.learningRate}: ${said} (${trial.seconds.toFixed(1)} s)`);
          },
        });
  const config = found === null ? given : { ...given, learningRate: found.best };
  await network.prepare(out);
  // The process before may have been killed between writing the last and removing the first.
  if (resume !== undefined) await removeSuperfluous(out, keep);
  metrics.add({ event: 'start', step: resume?.batches ?? 0, adapter: device.adapter.name, config });
  let step = resume?.batches ?? 0;
  const trained = await train(device, model, dataset, {
    ...trainOptionsOf(config, validation),
    ...{ weights, resume, signal },
    onProgress: (told) => {
      step = told.step;
      metrics.add({ event: 'batch', ...told });
      progress.onProgress(told);
    },
    onEpoch: (report) => {
      metrics.add({ event: 'epoch', step, ...report });
      progress.onEpoch(report);
    },
    checkpoints: {
      everyEpochs: config.checkpointEvery,
      write: async (snapshot) => {
        const kept: Kept = { config, computedBy: computedBy(device) };
        const ofModel = network.checkpoint(snapshot.weights, images);
        await writeKeptCheckpoint(out, snapshot.batches, toTrainingCheckpoint(ofModel, model, snapshot, kept), keep);
      },
    },
  });
  try {
    const { outcome } = trained;
    const cost = { ...trainingCost(trained, dataset.train.count, prices), compileSeconds: trained.compileSeconds };
    const finished = outcome !== 'interrupted';
    const test = finished ? await testOf(device, model, trained.weights, dataset) : null;
    const result: TrainOutcome = { outcome, config, search: found?.trials ?? null, test, cost };
    metrics.add({ event: 'end', step, ...result });
    if (finished) {
      await network.write(out, await download(trained.weights), images);
      await writeFileAtomic(
        join(out, 'result.json'),
        `${JSON.stringify({ ...result, epochs: trained.epochs }, null, 2)}\n`,
      );
    }
    return result;
  } finally {
    release(trained.weights);
  }
}

async function testOf(
  device: Device,
  model: Parameters<typeof evaluate>[1],
  weights: Parameters<typeof evaluate>[2],
  { test, channels, height, width }: Dataset,
) {
  const {
    predictions: _,
    confidences: __,
    ...figures
  } = await evaluate(device, model, weights, test, [channels, height, width]);
  return figures;
}
