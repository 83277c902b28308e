import { InputError } from '../../base/errors.ts';
import { argmax, compile, type Device, softmaxCrossEntropy, spec } from '../../engine/index.ts';
import { labelsAt, type Split, select, toFloat } from '../data/dataset.ts';
import { type Model, WEIGHTS, type Weights } from '../network/model.ts';
import { calibrationError, classAccuracies, confusionMatrix } from './classification.ts';

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface EvaluateOptions {
  readonly batchSize?: number;
  onProgress?(progress: { readonly done: number; readonly total: number }): void;
}

export interface Evaluation {
  /** Share of the images that are classified rightly. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** The class of the largest logit, for each image. */
  readonly predictions: Int32Array;
  /** The probability that the model gives to that class, for each image. */
  readonly confidences: Float32Array;
  /** Expected calibration error over 15 bins of confidence. */
  readonly calibrationError: number;
  /** How many images of each class (row) were classified as each class (column). */
  readonly confusion: readonly (readonly number[])[];
  /** Share of the images of each class that are classified rightly; null for a class without images. */
  readonly classAccuracies: readonly (number | null)[];
  /** Device-synchronised wall seconds; compilation and warm-up are apart. */
  readonly seconds: number;
  readonly compileSeconds: number;
  /** Floating-point operations; those spent on filling up the last batch are not counted. */
  readonly flops: number;
}

/** A compiled evaluation, for one model on splits of any size. */
export interface Evaluator {
  /** @throws InputError when the split is empty */
  evaluate(weights: Weights, split: Split, onProgress?: EvaluateOptions['onProgress']): Promise<Evaluated>;
  free(): void;
}

/** What an evaluator finds out. */
export type Evaluated = Omit<Evaluation, 'compileSeconds'>;

/**
 * Classifies the images of a split with the running statistics. The last batch is filled up with copies of its first image.
 * @throws InputError when the split is empty or the batch size is not a whole number from 1
 */
export async function evaluate(
  device: Device,
  model: Model,
  weights: Weights,
  split: Split,
  shape: ImageShape,
  { batchSize = 250, onProgress }: EvaluateOptions = {},
): Promise<Evaluation> {
  checkSplit(split);
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new InputError(`evaluation: the batch size is ${batchSize}; it must be a whole number from 1`);
  const began = performance.now();
  const evaluator = await openEvaluator(device, model, shape, Math.min(batchSize, split.count));
  try {
    const first = select(split, [0]);
    await evaluator.evaluate(weights, first);
    const compileSeconds = (performance.now() - began) / 1000;
    return { ...(await evaluator.evaluate(weights, split, onProgress)), compileSeconds };
  } finally {
    evaluator.free();
  }
}

function checkSplit({ count }: Split): void {
  if (count < 1) throw new InputError('evaluation: there are no images');
}

/** Compiles the evaluation of batches of a size. */
export async function openEvaluator(device: Device, model: Model, shape: ImageShape, size: number): Promise<Evaluator> {
  let classes = 0;
  const executable = await compile(
    ({ parameters, state, x, labels }) => {
      const { logits } = model.forward(parameters, state, x, { training: false });
      const predictions = argmax(logits, 1);
      classes = logits.shape[1];
      // The cross-entropy of a class is minus the logarithm of its probability.
      const surprises = softmaxCrossEntropy(logits, predictions);
      return { losses: softmaxCrossEntropy(logits, labels), predictions, surprises };
    },
    { parameters: model.parameters, state: model.state, x: spec([size, ...shape]), labels: spec([size], 'i32') },
    { device, name: `evaluation of ${model.name}`, constants: WEIGHTS },
  );
  const images = new Float32Array(size * shape[0] * shape[1] * shape[2]);
  const classify = async (weights: Weights, split: Split, first: number) => {
    const indices = Array.from({ length: size }, (_, i) => (first + i < split.count ? first + i : first));
    const labels = Int32Array.from(labelsAt(split, indices));
    const outputs = executable.run({ ...weights, x: toFloat(split, indices, images), labels });
    const [losses, predicted, surprises] = await Promise.all(
      [outputs.losses, outputs.predictions, outputs.surprises].map((tensor) => tensor.read()),
    );
    return { labels, losses, predicted, surprises };
  };
  return {
    evaluate: async (weights, split, onProgress) => {
      checkSplit(split);
      const started = performance.now();
      const predictions = new Int32Array(split.count);
      const confidences = new Float32Array(split.count);
      const right = new Array<boolean>(split.count);
      let loss = 0;
      for (let first = 0; first < split.count; first += size) {
        const batch = await classify(weights, split, first);
        const count = Math.min(size, split.count - first);
        for (let i = 0; i < count; i++) {
          predictions[first + i] = batch.predicted[i];
          confidences[first + i] = Math.exp(-batch.surprises[i]);
          right[first + i] = batch.predicted[i] === batch.labels[i];
          loss += batch.losses[i];
        }
        onProgress?.({ done: first + count, total: split.count });
      }
      const seconds = (performance.now() - started) / 1000;
      const confusion = confusionMatrix(split.labels, predictions, classes);
      return {
        accuracy: right.filter(Boolean).length / split.count,
        loss: loss / split.count,
        predictions,
        confidences,
        calibrationError: calibrationError(confidences, right),
        confusion,
        classAccuracies: classAccuracies(confusion),
        seconds,
        flops: (executable.plan.flops / size) * split.count,
      };
    },
    free: () => executable.free(),
  };
}
