import type { Capabilities } from '../../../engine/index.ts';
import {
  buildNetwork,
  type DataSpec,
  DEFAULT_PRECISION,
  datasetNamed,
  type ImageShape,
  type NetworkSpec,
  networkFor,
  PLANNED_FOR,
  planInference,
  planTraining,
  policyOf,
  type TrainingSpec,
  trainingSpec,
} from '../../../models/index.ts';
import { attackNamed, passesOf, SEARCH_STEPS, WITH_GRADIENT } from '../../robustness/index.ts';
import { testImages, trainingImages } from '../file/dataSchema.ts';
import { isStoredModel } from '../trial/storedModel.ts';
import type { AttackTrial, TrainTrial, Trial } from '../trial/trial.ts';

/** What a trial's model takes, as planned without a device. */
interface ModelCost {
  /** Work (see `workOf`) of a batch. */
  readonly training: number;
  readonly inference: number;
  readonly memory: { readonly train: Memory; readonly attack: Memory };
}

/** Bytes on the device: of all buffers together, and of the largest. */
export interface Memory {
  readonly bytes: number;
  readonly largestBuffer: number;
}

/** Shape of the images and number of classes, known before the data set is read. A folder's are taken for CIFAR-10's. */
function shapesOf({ name }: DataSpec): { readonly image: ImageShape; readonly classes: number } {
  const { image, counts } = datasetNamed(name === 'folder' ? 'cifar10' : name);
  return { image, classes: counts.train.length };
}

/** 32-bit words of a number. */
const WORDS = { f32: 1, f32x2: 2, f64: 2 } as const;

/** Images where a folder's number is not known. */
const UNKNOWN_IMAGES = 10_000;

/** Images of one inference, as classifiers show them. */
const SHOWN_AT_ONCE = 250;

/**
 * Starting a kernel takes about as long as so many floating-point operations: small networks wait for their kernels, not for
 * arithmetic.
 */
const FLOPS_OF_A_START = 1e6;

/** What of a training decides how long a step takes. */
type StepSpec = Omit<TrainingSpec, 'epochs' | 'learningRate' | 'schedule' | 'patience'>;

/** A model that is trained already is taken for this one, until its file is read. */
const STAND_IN: NetworkSpec = { family: 'resnet', depth: 18, width: 64, stem: 'cifar', precision: DEFAULT_PRECISION };

/** Stands for the training that such a model does not have. */
const ONE_IMAGE: TrainingSpec = trainingSpec({ epochs: 1, batchSize: 1, learningRate: 1 });

/** What trials take, by counting: work in floating-point operations, and memory. Models are planned once each. */
export interface Costs {
  /** Floating-point operations, with those that could have been done while kernels were started. */
  workOf(trial: Trial): number;
  /** What a trial holds on the device: a training step with the data set, or, in an attack, at least a batch of questions. */
  memoryOf(trial: Trial): Memory;
}

/** @param capabilities of the device that trials are planned for; of one of default limits unless given */
export function trialCosts(capabilities: Capabilities = PLANNED_FOR): Costs {
  const models = new Map<string, ModelCost>();
  const costOf = ({ data, model, training }: TrainTrial): ModelCost => {
    const { image, classes } = shapesOf(data);
    const { epochs: _, learningRate: __, schedule: ___, patience: ____, ...step } = training ?? ONE_IMAGE;
    const network = isStoredModel(model) ? STAND_IN : { ...model, precision: DEFAULT_PRECISION };
    const key = JSON.stringify([network, image, classes, step]);
    const cost = models.get(key) ?? plan(network, image, classes, step, capabilities);
    models.set(key, cost);
    return cost;
  };
  const imagesOf = (images: number | null) => images ?? UNKNOWN_IMAGES;
  return {
    workOf: (trial) => {
      if (trial.kind === 'attack')
        return (trial.samples * passesWithin(trial) * costOf(trial.train).inference) / SHOWN_AT_ONCE;
      const { training, inference } = costOf(trial);
      const tested = imagesOf(testImages(trial.data)) / SHOWN_AT_ONCE;
      if (trial.training === null) return tested * inference;
      const steps = trial.training.epochs * Math.floor(imagesOf(trainingImages(trial.data)) / trial.training.batchSize);
      return steps * training * (1 + innerSteps(trial)) + tested * inference;
    },
    memoryOf: (trial) => {
      const train = trial.kind === 'train' ? trial : trial.train;
      // What it takes is known when its file is read.
      if (isStoredModel(train.model)) return { bytes: 0, largestBuffer: 0 };
      const { image } = shapesOf(train.data);
      const dataset = imagesOf(trainingImages(train.data)) * image.reduce((product, side) => product * side, 1);
      const { bytes, largestBuffer } = costOf(train).memory[trial.kind];
      const words = WORDS[policyOf(train.model).computed];
      return { bytes: words * bytes + (trial.kind === 'train' ? dataset : 0), largestBuffer: words * largestBuffer };
    },
  };
}

/**
 * Plans a model in f32: its operations are those of every precision, whose kernels are many and take long to plan. How much longer they
 * take is measured as a run goes on, and memory is scaled.
 */
function plan(
  network: NetworkSpec,
  image: ImageShape,
  classes: number,
  { batchSize: batch, ...step }: StepSpec,
  capabilities: Capabilities,
): ModelCost {
  const [channels, height, width] = image;
  const model = buildNetwork(networkFor(network, { channels, height, width, classes }));
  const training = planTraining(model, { ...step, image, batch }, capabilities);
  const inference = planInference(model, { image, batch: SHOWN_AT_ONCE }, capabilities);
  const workOf = ({ flops, steps }: typeof training) => flops + FLOPS_OF_A_START * steps.length;
  const memoryOf = ({ buffers, inputs, peakBytes }: typeof training): Memory => ({
    bytes: peakBytes + [...inputs.values()].reduce((sum, index) => sum + buffers[index].bytes, 0),
    largestBuffer: Math.max(...buffers.map(({ bytes }) => bytes)),
  });
  return {
    training: workOf(training),
    inference: workOf(inference),
    memory: { train: memoryOf(training), attack: memoryOf(inference) },
  };
}

/** Steps of an attack inside each step of a training. */
function innerSteps({ defence }: TrainTrial): number {
  return defence.name === 'adversarial-training' ? defence.maxIter : 0;
}

/** Forward passes of an attack trial on a sample that holds out to the end, within its budget; a backward pass counts for two. */
function passesWithin({ attack, budget, protocol, train }: AttackTrial): number {
  const { image: shape, classes } = shapesOf(train.data);
  const ofAttack = passesOf(attack, { shape, classes });
  if (protocol !== undefined) {
    const radii = attackNamed(attack.name).strength === 'eps' ? SEARCH_STEPS : 1;
    // Of a forward and a backward pass each counts one.
    return Math.min(radii * ofAttack, (protocol.passes * WITH_GRADIENT) / 2);
  }
  const { maxQueries = Number.POSITIVE_INFINITY, maxGradients = Number.POSITIVE_INFINITY } = budget ?? {};
  return Math.min(ofAttack, WITH_GRADIENT * Math.min(maxQueries, maxGradients));
}

/** Trials of one kind take about the same time for the same work: trainings or tests of a precision, or one attack. */
export function kindOf(trial: Trial): string {
  if (trial.kind === 'attack') return `${trial.attack.name} ${trial.train.model.precision}`;
  if (trial.training === null) return `read ${trial.model.precision}`;
  return `train ${trial.defence.name === 'adversarial-training' ? 'adversarially ' : ''}${trial.model.precision}`;
}
