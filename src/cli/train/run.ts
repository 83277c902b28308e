import { join } from 'node:path';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { Device } from '../../engine/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../models/checkpoint/file.node.ts';
import { latestCheckpoint, writeKeptCheckpoint } from '../../models/checkpoint/folder.node.ts';
import {
  buildNetwork,
  channelStatistics,
  type Dataset,
  download,
  evaluate,
  fromTrainingCheckpoint,
  networkFor,
  type Prices,
  partsOf,
  release,
  type SearchTrial,
  type Split,
  searchLearningRate,
  type TrainedOn,
  type TrainingSnapshot,
  type TrainOptions,
  toCheckpoint,
  toTrainingCheckpoint,
  train,
  trainedOn,
  trainingCost,
} from '../../models/index.ts';
import { adversaryFrom } from './adversarial.ts';
import { type Kept, parseKept, type TrainConfig } from './config.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import type { TrainingProgress } from './progress.ts';

export interface TrainTask {
  readonly config: TrainConfig;
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

/** What the last checkpoint in a folder says. @throws InputError when there is none, or it is wrong */
export async function resumeFrom(
  folder: string,
): Promise<Kept & { readonly resume: TrainingSnapshot; readonly images: TrainedOn | null; readonly file: string }> {
  const file = await latestCheckpoint(folder);
  const { config, snapshot, saved } = fromTrainingCheckpoint(await readCheckpoint(file), file);
  return { ...parseKept(config, file), resume: snapshot, images: saved.trainedOn, file };
}

/** What rounding depends on. */
export const computedBy = ({ adapter, profile: { tuning } }: Device): Kept['computedBy'] => ({
  adapter: `${adapter.name}, ${adapter.driver}`,
  kernels: tuning?.identity ?? null,
});

function trainOptionsOf(config: TrainConfig, validation: Split | undefined): TrainOptions {
  const { data: _, model: __, checkpointEvery: ___, adversarial, ...training } = config;
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
export async function runTraining(
  device: Device,
  whole: Dataset,
  task: TrainTask,
  progress: TrainingProgress,
): Promise<TrainOutcome> {
  const metrics = await openMetrics(task.out, task.resume?.batches ?? null);
  try {
    return await trainWith(device, whole, task, progress, metrics);
  } catch (error) {
    metrics.add({ event: 'failed', name: (error as Error).name, message: (error as Error).message });
    throw error;
  } finally {
    await metrics.close();
  }
}

async function trainWith(
  device: Device,
  whole: Dataset,
  { config: given, resume, search, out, keep, prices, signal }: TrainTask,
  progress: TrainingProgress,
  metrics: Metrics,
): Promise<TrainOutcome> {
  const { dataset, validation } = partsOf(whole, given.data, given.seed);
  const images = await trainedOn(whole, given.data, given.seed);
  const architecture = networkFor(given.model, dataset, channelStatistics(dataset.train, dataset.channels));
  const model = buildNetwork(architecture);
  const found =
    search === undefined || validation === undefined
      ? null
      : await searchLearningRate(device, model, dataset, {
          ...trainOptionsOf({ ...given, epochs: search.epochs }, validation),
          validation,
          learningRates: search.learningRates,
          signal,
          onTrial: (trial) => {
            metrics.add({ event: 'search', ...trial });
            const said = trial.divergence ?? `validation accuracy ${(100 * Number(trial.accuracy)).toFixed(2)} %`;
            progress.say(`learning rate ${trial.learningRate}: ${said} (${trial.seconds.toFixed(1)} s)`);
          },
        });
  const config = found === null ? given : { ...given, learningRate: found.best };
  metrics.add({ event: 'start', step: resume?.batches ?? 0, adapter: device.adapter.name, config });
  let step = resume?.batches ?? 0;
  const trained = await train(device, model, dataset, {
    ...trainOptionsOf(config, validation),
    resume,
    signal,
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
        await writeKeptCheckpoint(
          out,
          snapshot.batches,
          toTrainingCheckpoint(architecture, snapshot, kept, images),
          keep,
        );
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
      await writeCheckpoint(
        join(out, 'model.safetensors'),
        toCheckpoint(architecture, await download(trained.weights), images),
      );
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
