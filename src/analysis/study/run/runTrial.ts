import { InputError } from '../../../base/errors.ts';
import { type Device, deviceClock } from '../../../engine/index.ts';
import {
  buildNetwork,
  type Checkpoint,
  channelStatistics,
  classBalanced,
  type DataSource,
  type DataSpec,
  type Dataset,
  describeNetwork,
  download,
  evaluate,
  fromCheckpoint,
  type ImageShape,
  labelsAt,
  networkFor,
  originsAt,
  type Parts,
  parameterCount,
  partsOf,
  type Recipe,
  release,
  type Split,
  toCheckpoint,
  toFloat,
  train,
  trainedOn,
  upload,
} from '../../../models/index.ts';
import {
  type AttackProgress,
  type AttackRecord,
  type Certificate,
  type Classifier,
  certify,
  createClassifier,
  defenceOf,
  noDefence,
  runNamed,
  type Samples,
} from '../../robustness/index.ts';
import { type Calibrator, openCalibrator, type Subject } from '../calibration/calibrator.ts';
import { timed } from '../calibration/rounds.ts';
import { subjectOf } from '../calibration/subject.ts';
import { canonicalJson } from '../trial/identity.ts';
import { attackPictures } from '../trial/pictures.ts';
import type { AttackResult, AttackTrial, Calibration, TrainResult, TrainTrial } from '../trial/trial.ts';
import type { RunTrial, TrialContext } from './run.ts';

/** What trials need of the world. */
export interface TrialResources {
  readonly device: Device;
  /** @param onDownload told how far a download is, where one is needed */
  loadDataset(
    source: DataSource,
    onDownload: (progress: { doneBytes: number; totalBytes: number | null }) => void,
  ): Promise<Dataset>;
  readCheckpoint(path: string): Promise<Checkpoint>;
  writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void>;
}

export interface TrialRunner {
  readonly runTrial: RunTrial;
  /** Frees what was kept between trials; the device stays open. */
  close(): void;
}

/** Name of the checkpoint in a training's folder. */
const CHECKPOINT = 'model.safetensors';

/** A trained model under a defence, kept on the device while attacks on it follow one another. */
interface Target {
  readonly key: string;
  readonly classifier: Classifier;
  readonly undefended: Classifier;
  /** Certificates of a randomised smoothing, by the samples: attacks on a target share them. */
  readonly certificates: Map<string, readonly Certificate[]>;
  readonly classes: number;
  readonly test: Split;
  /** Accuracy of the defended model on the whole test split. */
  readonly testAccuracy: number;
  free(): void;
}

/** Computes trials on a device. It keeps the data set, and the latest target of attacks. */
export function trialRunner(resources: TrialResources): TrialRunner {
  const datasets = new Map<string, Promise<Dataset>>();
  const calibrator = openCalibrator(resources.device);
  let latest: Target | null = null;

  async function datasetOf({ data }: TrainTrial, { report }: TrialContext): Promise<Dataset> {
    const { source } = recipeOf(data);
    const key = canonicalJson(source);
    let loading = datasets.get(key);
    if (loading === undefined) {
      loading = resources.loadDataset(source, ({ doneBytes, totalBytes }) =>
        report({ ...inMegabytes(doneBytes, totalBytes), unit: 'MB', note: `downloading ${data.name}` }),
      );
      datasets.set(key, loading);
    }
    const { generated = false } = data;
    const dataset = await loading;
    if (generated !== (dataset.generated ?? false))
      throw new InputError(
        generated
          ? `the study says that ${data.name} is generated, but its files are not (they hold no GENERATED.txt)`
          : `the files of ${data.name} are generated (GENERATED.txt); say so in the study: generated: true`,
      );
    return dataset;
  }

  async function targetOf(trial: AttackTrial, context: TrialContext): Promise<Target> {
    const { train: training, defence, attack } = trial;
    const { expectationSamples = 1 } = attack;
    const key = canonicalJson({ training, defence, expectationSamples, folder: context.training?.folder });
    if (latest?.key === key) return latest;
    latest?.free();
    latest = null;
    latest = await openTarget(resources, trial, context, await datasetOf(trial.train, context), key);
    return latest;
  }

  return {
    runTrial: async (trial, context) =>
      trial.kind === 'train'
        ? runTraining(resources, calibrator, trial, context, await datasetOf(trial, context))
        : runAttack(resources, calibrator, trial, context, await targetOf(trial, context)),
    close: () => {
      calibrator.free();
      latest?.free();
      latest = null;
    },
  };
}

/** The images of a trial, as `outlast train` would be told them. */
function recipeOf(data: DataSpec): Recipe {
  const { split = 'standard', generated: _, train, test, validation = 0, ...source } = data;
  return { source, split, train, test, validation };
}

/** A data set as a trial divides it, and what it holds out. */
const dividedFor = ({ data, seed }: TrainTrial, whole: Dataset): Parts => partsOf(whole, recipeOf(data), seed);

/** A total that the server does not tell is what was done so far. */
const inMegabytes = (done: number, total: number | null) => ({
  done: Math.floor(done / 1e6),
  total: Math.max(1, Math.floor((total ?? done) / 1e6)),
});

const shapeOf = ({ channels, height, width }: Dataset): ImageShape => [channels, height, width];

/** Trains, measures the accuracy on the test split, and writes the checkpoint into the trial's folder. */
async function runTraining(
  { device, writeCheckpoint }: TrialResources,
  calibrator: Calibrator,
  trial: TrainTrial,
  { folder, report }: TrialContext,
  whole: Dataset,
): Promise<TrainResult> {
  const { data, model: spec, training, defence, seed } = trial;
  const { dataset, validation } = dividedFor(trial, whole);
  const options = networkFor(spec, dataset, channelStatistics(dataset.train, dataset.channels));
  const model = buildNetwork(options);
  const { augment, adversary, labelSmoothing } = defenceOf(defence);
  const timing = calibrator.during();
  const trained = await train(device, model, dataset, {
    ...training,
    seed,
    transform: augment,
    adversary,
    validation,
    labelSmoothing: labelSmoothing ?? training.labelSmoothing,
    onPause: timing.onPause,
    onProgress: ({ step, steps, epoch, loss }) =>
      report({
        done: step,
        total: steps,
        unit: 'steps',
        note: `epoch ${epoch}/${training.epochs}, loss ${loss.toPrecision(3)}`,
      }),
  });
  try {
    const tested = await evaluate(device, model, trained.weights, dataset.test, shapeOf(dataset), {
      onProgress: ({ done, total }) => report({ done, total, unit: 'images', note: 'test split' }),
    });
    const images = await trainedOn(whole, recipeOf(data), seed);
    await writeCheckpoint(`${folder}/${CHECKPOINT}`, toCheckpoint(options, await download(trained.weights), images));
    return {
      kind: 'train',
      accuracy: tested.accuracy,
      testLoss: tested.loss,
      calibrationError: tested.calibrationError,
      confusion: tested.confusion,
      trainSeconds: trained.seconds,
      compileSeconds: trained.compileSeconds,
      trainSamples: dataset.train.count,
      trainSteps: trained.steps,
      trainFlops: trained.flops,
      ...(adversary && { trainQueries: dataset.train.count * trained.epochs.length * adversary.queries }),
      predictSecondsPerSample: tested.seconds / dataset.test.count,
      parameters: parameterCount(model),
      epochs: trained.epochs,
      checkpoint: CHECKPOINT,
      calibration: timing.calibration(),
    };
  } finally {
    release(trained.weights);
  }
}

async function openTarget(
  { device, readCheckpoint }: TrialResources,
  trial: AttackTrial,
  { training, report }: TrialContext,
  whole: Dataset,
  key: string,
): Promise<Target> {
  if (training === null) throw new Error('an attack trial was given no training');
  const { dataset } = dividedFor(trial.train, whole);
  const { result } = training.finished;
  const file = `${training.folder}/${result.checkpoint}`;
  const { options, model, weights: host } = fromCheckpoint(await readCheckpoint(file), file);
  const [held, wanted] = [options, trial.train.model].map(describeNetwork);
  if (held !== wanted) throw new InputError(`${file}: holds a ${held}, not the trial's ${wanted}`);
  const defence = defenceOf(trial.defence);
  const shape = shapeOf(dataset);
  const weights = upload(device, model, host);
  const { expectationSamples } = trial.attack;
  const { seed } = trial.train;
  const classifier = createClassifier(device, model, weights, { shape, defence, seed, expectationSamples });
  const undefended = createClassifier(device, model, weights, { shape, defence: noDefence });
  const free = () => {
    classifier.free();
    undefended.free();
    release(weights);
  };
  try {
    const changed = defence.preprocess !== undefined || defence.postprocess !== undefined;
    const testAccuracy = changed ? await defendedAccuracy(classifier, dataset.test, report) : result.accuracy;
    const { classes, test } = dataset;
    return { key, classifier, undefended, certificates: new Map(), classes, test, testAccuracy, free };
  } catch (error) {
    free();
    throw error;
  }
}

/** Images that are shown at once to measure a defended model's accuracy. */
const SHOWN_AT_ONCE = 250;

/** Share of a split that a defended model classifies rightly. */
async function defendedAccuracy(classifier: Classifier, split: Split, report: TrialContext['report']): Promise<number> {
  let right = 0;
  for (let first = 0; first < split.count; first += SHOWN_AT_ONCE) {
    const chosen = Array.from({ length: Math.min(SHOWN_AT_ONCE, split.count - first) }, (_, i) => first + i);
    const predicted = await classifier.predict(toFloat(split, chosen));
    const labels = labelsAt(split, chosen);
    right += predicted.reduce((sum, label, i) => sum + Number(label === labels[i]), 0);
    report({ done: first + chosen.length, total: split.count, unit: 'images', note: 'test split, defended' });
  }
  return right / split.count;
}

/** The certificates of a randomised smoothing; nothing of other defences. */
async function certified(
  { undefended, certificates: known }: Target,
  { images, labels }: Samples,
  { defence, seed }: AttackTrial,
  report: TrialContext['report'],
): Promise<{ readonly certificates?: readonly Certificate[] }> {
  if (defence.name !== 'randomised-smoothing') return {};
  const onProgress = (done: number, total: number) => report({ done, total, unit: 'images', note: 'certificates' });
  const key = `${labels.length} images of seed ${seed}`;
  const certificates = known.get(key) ?? (await certify(undefended, images, { ...defence, seed, onProgress }));
  known.set(key, certificates);
  return { certificates };
}

/** Records with the names of executables written once for all. */
function withRunsApart(records: readonly AttackRecord[]): Required<Pick<AttackResult, 'records' | 'executables'>> {
  const executables = [...new Set(records.flatMap(({ cost }) => Object.keys(cost.runs ?? {})))].sort();
  return {
    executables,
    records: records.map(({ cost: { runs = {}, ...cost }, ...record }) => ({
      ...record,
      cost,
      runs: executables.map((name) => runs[name] ?? 0),
    })),
  };
}

/** Times the executables of an attack again, while they are still there. */
async function calibrated(
  { device }: TrialResources,
  calibrator: Calibrator,
  trial: AttackTrial,
  classifier: Classifier,
  executables: readonly string[],
  seconds: number,
): Promise<Calibration | null> {
  const clock = deviceClock(device);
  const rehearsals = executables.map((name) => ({ name, ...classifier.rehearse(name) }));
  const subjects = rehearsals.map(
    ({ name, run }): Subject => ({ name, key: subjectOf(trial, name), ...timed(clock, run) }),
  );
  try {
    return await calibrator.after(subjects, seconds);
  } finally {
    for (const { free } of rehearsals) free();
  }
}

/** Attacks class-balanced test images. */
async function runAttack(
  resources: TrialResources,
  calibrator: Calibrator,
  trial: AttackTrial,
  { report }: TrialContext,
  target: Target,
): Promise<AttackResult> {
  const { classifier, classes, test, testAccuracy } = target;
  const chosen = classBalanced(test.labels, classes, trial.samples, trial.seed);
  const samples: Samples = { images: toFloat(test, chosen), labels: Int32Array.from(labelsAt(test, chosen)) };
  const onProgress = ({ done, total, holding, samples: count }: AttackProgress) =>
    report({ done, total, unit: 'steps', note: `${holding} of ${count} hold out` });
  const { attack, budget, seed } = trial;
  const { name, expectationSamples: _, ...settings } = attack;
  // A trial's result must not depend on those that the classifier was attacked in before.
  classifier.restart(seed);
  const began = performance.now();
  const outcome = await runNamed(name, classifier, samples, { ...settings, ...budget, seed, onProgress });
  const seconds = (performance.now() - began) / 1000;
  const counted = withRunsApart(outcome.records);
  const calibration = await calibrated(resources, calibrator, trial, classifier, counted.executables, seconds);
  return {
    kind: 'attack',
    cleanAccuracy: outcome.cleanAccuracy,
    robustAccuracy: outcome.robustAccuracy,
    testAccuracy,
    ...counted,
    ...(calibration && { calibration }),
    images: [...originsAt(test, chosen)],
    ...(await certified(target, samples, trial, report)),
    warnings: outcome.warnings,
    pictures: attackPictures(samples, outcome.images, classifier.shape, outcome.records),
  };
}
