import { type Device, deviceClock } from '../../engine/index.ts';
import type { Dataset } from '../data/dataset.ts';
import { batches } from '../data/sampling.ts';
import { openEvaluator } from '../evaluation/evaluate.ts';
import { checkBatchNorm } from '../network/checkBatchNorm.ts';
import type { Model, Weights } from '../network/model.ts';
import { initialWeights } from '../network/weights.ts';
import { divergenceWatch } from './divergence.ts';
import type { EpochReport, TrainOptions } from './options.ts';
import { initialSlots } from './point.ts';
import { openTrainingRun, type TrainingRun } from './run.ts';
import { learningRateAt } from './schedules/catalogue.ts';
import { checkTraining } from './spec.ts';
import { type Stopwatch, stopwatch } from './stopwatch.ts';

export interface Training {
  readonly weights: Weights;
  /** `interrupted`: by the signal. `stopped early`: patience ran out. */
  readonly outcome: 'finished' | 'stopped early' | 'interrupted';
  readonly epochs: readonly EpochReport[];
  /** Device-synchronised wall seconds of all batches; compilation, validation and checkpoints are apart. */
  readonly seconds: number;
  /** GPU time in seconds, estimated from the timestamps of one batch; null where the adapter has no timestamps. */
  readonly gpuSeconds: number | null;
  readonly compileSeconds: number;
  /** Batches done. */
  readonly steps: number;
  /** Floating-point operations of all batches. */
  readonly flops: number;
}

/** Reading the loss waits for the device, so it is read every so many batches. */
const BATCHES_BETWEEN_READS = 10;

/** Where pauses are asked for, a short training has as many at least, if it has the batches. */
const FEWEST_PAUSES = 8;

/**
 * Trains a model on `dataset.train`, from weights that are given or drawn by the seed. Every epoch sees the images in a new order; images
 * that do not fill a batch wait for another epoch.
 * @throws InputError on an option out of range, or a batch from which a batch norm learns nothing; DivergenceError when
 * the loss or the parameters are no longer finite (it says where
 *   that began), or the loss is hopeless
 */
export async function train(device: Device, model: Model, dataset: Dataset, options: TrainOptions): Promise<Training> {
  checkTraining({ ...options });
  const { batchSize, seed, resume, validation } = options;
  const began = performance.now();
  const perEpoch = batches(dataset.train.count, batchSize, seed, 0, { dropLast: true }).length;
  const shape = [dataset.channels, dataset.height, dataset.width] as const;
  checkBatchNorm(model, [batchSize, ...shape]);
  const evaluator =
    validation === undefined ? null : await openEvaluator(device, model, shape, Math.min(250, validation.count));
  try {
    const start = resume ?? {
      weights: options.weights ?? initialWeights(model, seed),
      slots: initialSlots(model, options),
      totals: [0, 0],
    };
    const run = await openTrainingRun(device, model, dataset, options, start);
    const validate = async () => {
      if (evaluator === null || validation === undefined) return {};
      const { loss, accuracy } = await evaluator.evaluate(run.weights, validation);
      return { validationLoss: loss, validationAccuracy: accuracy };
    };
    try {
      const compileSeconds = (performance.now() - began) / 1000;
      const clock = stopwatch(deviceClock(device), resume?.seconds);
      const { steps, ...followed } = await followEpochs(run, validate, clock, dataset, perEpoch, options);
      run.finish();
      const gpuSeconds = run.gpuSeconds === null ? null : run.gpuSeconds * steps;
      return { ...followed, steps, weights: run.weights, gpuSeconds, compileSeconds, flops: steps * run.flops };
    } catch (error) {
      run.free();
      throw error;
    }
  } finally {
    evaluator?.free();
  }
}

/** Runs the epochs that are left, with callbacks and checkpoints on the way. */
async function followEpochs(
  run: TrainingRun,
  validate: () => Promise<Pick<EpochReport, 'validationLoss' | 'validationAccuracy'>>,
  clock: Stopwatch,
  { train: { count }, classes }: Dataset,
  perEpoch: number,
  options: TrainOptions,
): Promise<Pick<Training, 'outcome' | 'epochs' | 'seconds' | 'steps'>> {
  const { batchSize, seed, epochs, resume, signal, checkpoints } = options;
  const rateAt = learningRates(options, perEpoch);
  const between = batchesBetweenLooks(options, epochs * perEpoch);
  const look = lookerAt(run, clock, options, { classes, perEpoch, rateAt });
  const reports: EpochReport[] = [...(resume?.reports ?? [])];
  let done = resume?.batches ?? 0;

  /** Runs what is left of an epoch; false when it was interrupted. */
  const runEpoch = async (epoch: number): Promise<boolean> => {
    const order = batches(count, batchSize, seed, epoch, { dropLast: true });
    for (let index = done % perEpoch; index < perEpoch; index++) {
      run.run(order[index], rateAt(done), done, index === 0);
      done++;
      await turn();
      const last = index + 1 === perEpoch;
      if (!last && done % between !== 0 && !signal?.aborted) continue;
      const report = await look(epoch, index + 1, done);
      if (options.onPause !== undefined) {
        clock.pause();
        await options.onPause({ batches: done, seconds: clock.seconds(), deviceSeconds: clock.deviceSeconds() });
        clock.start();
      }
      if (last) {
        clock.pause();
        reports.push({ ...report, ...(await validate()) });
        options.onEpoch?.(reports[reports.length - 1]);
      }
      if (signal?.aborted) return false;
    }
    return true;
  };

  let outcome: Training['outcome'] = 'finished';
  for (let epoch = Math.floor(done / perEpoch) + 1; epoch <= epochs && outcome === 'finished'; epoch++) {
    clock.start();
    const whole = await runEpoch(epoch);
    clock.pause();
    if (!whole) outcome = 'interrupted';
    else if (isExhausted(reports, options.patience)) outcome = 'stopped early';
    const ends = outcome !== 'finished' || epoch === epochs;
    if (checkpoints === undefined || !(ends || epoch % checkpoints.everyEpochs === 0)) continue;
    const seconds = clock.seconds();
    await checkpoints.write({ ...(await run.snapshot()), batches: done, reports: [...reports], seconds });
  }
  return { outcome, epochs: reports, seconds: clock.seconds(), steps: done };
}

/** The learning rate of each batch of a training. */
const learningRates =
  (options: TrainOptions, perEpoch: number) =>
  (batch: number): number => {
    const { epochs, learningRate, accumulate = 1 } = options;
    return learningRateAt(options, learningRate, {
      step: Math.floor(batch / accumulate),
      steps: Math.ceil((epochs * perEpoch) / accumulate),
      stepsPerEpoch: perEpoch / accumulate,
      epochs,
    });
  };

/** How often a training of so many batches is looked at. */
const batchesBetweenLooks = ({ onPause }: TrainOptions, all: number): number =>
  onPause === undefined
    ? BATCHES_BETWEEN_READS
    : Math.max(1, Math.min(BATCHES_BETWEEN_READS, Math.floor(all / FEWEST_PAUSES)));

/**
 * Looks at a run: reads what the epoch has come to, reports it, and keeps the state.
 * @returns a function of the epoch, its batches and all batches done. @throws DivergenceError
 */
function lookerAt(
  run: TrainingRun,
  clock: Stopwatch,
  { batchSize, epochs, learningRate, resume, onProgress }: TrainOptions,
  { classes, perEpoch, rateAt }: { classes: number; perEpoch: number; rateAt: (batch: number) => number },
): (epoch: number, inside: number, done: number) => Promise<EpochReport> {
  const all = epochs * perEpoch;
  const watch = divergenceWatch(classes, learningRate);
  const before = { batches: resume?.batches ?? 0, seconds: clock.seconds() };
  const begun = before.batches % perEpoch;
  /** What was known of the epoch at the last look. */
  let known = { batches: begun, loss: begun === 0 ? 0 : (resume?.totals[0] ?? 0) };
  return async (epoch, inside, done) => {
    const { loss, correct, finite } = await run.look();
    const explained = finite ? {} : { explanation: await run.explain() };
    watch({ epoch, batches: done, loss: (loss - known.loss) / (inside - known.batches), ...explained });
    run.keep();
    known = inside === perEpoch ? { batches: 0, loss: 0 } : { batches: inside, loss };
    const report = { epoch, loss: loss / inside, accuracy: correct / (inside * batchSize) };
    const batchesPerSecond = (done - before.batches) / (clock.seconds() - before.seconds);
    onProgress?.({
      ...report,
      step: done,
      steps: all,
      learningRate: rateAt(done - 1),
      imagesPerSecond: batchesPerSecond * batchSize,
      secondsLeft: (all - done) / batchesPerSecond,
    });
    return report;
  };
}

/** Whether the last `patience` epochs have brought nothing better. */
function isExhausted(reports: readonly EpochReport[], patience: number | undefined): boolean {
  if (patience === undefined || reports.length <= patience) return false;
  const merit = ({ loss, validationAccuracy }: EpochReport) => validationAccuracy ?? -loss;
  const best = Math.max(...reports.slice(0, -patience).map(merit));
  return reports.slice(-patience).every((report) => merit(report) <= best);
}

/** Lets the event loop turn: a signal is seen between batches, while the device goes on working. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
