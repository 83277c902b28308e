import { compile } from '../engine/compile.ts';
import type { Device } from '../engine/device.ts';
import { InputError } from '../engine/errors.ts';
import { type Node, spec } from '../engine/graph.ts';
import { argmax } from '../engine/ops/reduce.ts';
import { softmaxCrossEntropy } from '../engine/ops/softmaxCrossEntropy.ts';
import { labelsAt, type Split, toFloat } from './data/dataset.ts';
import type { Model, Weights } from './model.ts';

/** Channels, height and width of an image. */
export type ImageShape = readonly [channels: number, height: number, width: number];

export interface EvaluateOptions {
  readonly batchSize?: number;
  /** Changes the images before the model sees them: a defence at prediction. */
  readonly preprocess?: (x: Node) => Node;
  onProgress?(progress: { readonly done: number; readonly total: number }): void;
}

export interface Evaluation {
  /** Share of the images that are classified rightly. */
  readonly accuracy: number;
  /** Mean cross-entropy. */
  readonly loss: number;
  /** The class of the largest logit, for each image. */
  readonly predictions: Int32Array;
  /** Device-synchronised wall seconds; compilation and warm-up are apart. */
  readonly seconds: number;
  readonly compileSeconds: number;
  /** Floating-point operations; those spent on filling up the last batch are not counted. */
  readonly flops: number;
}

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
  { batchSize = 250, preprocess = (x) => x, onProgress }: EvaluateOptions = {},
): Promise<Evaluation> {
  if (split.count < 1) throw new InputError('evaluation: there are no images');
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new InputError(`evaluation: the batch size is ${batchSize}; it must be a whole number from 1`);
  const size = Math.min(batchSize, split.count);
  const began = performance.now();
  const executable = await compile(
    ({ parameters, state, x, labels }) => {
      const { logits } = model.forward(parameters, state, preprocess(x), { training: false });
      return { losses: softmaxCrossEntropy(logits, labels), predictions: argmax(logits, 1) };
    },
    { parameters: model.parameters, state: model.state, x: spec([size, ...shape]), labels: spec([size], 'i32') },
    { device, name: `evaluation of ${model.name}` },
  );
  const images = new Float32Array(size * shape[0] * shape[1] * shape[2]);
  const classify = async (first: number) => {
    const indices = Array.from({ length: size }, (_, i) => (first + i < split.count ? first + i : first));
    const labels = Int32Array.from(labelsAt(split, indices));
    const outputs = executable.run({ ...weights, x: toFloat(split, indices, images), labels });
    return { labels, losses: await outputs.losses.read(), predictions: await outputs.predictions.read() };
  };
  try {
    await classify(0);
    const compileSeconds = (performance.now() - began) / 1000;
    const started = performance.now();
    const predictions = new Int32Array(split.count);
    let [loss, right] = [0, 0];
    for (let first = 0; first < split.count; first += size) {
      const batch = await classify(first);
      const count = Math.min(size, split.count - first);
      for (let i = 0; i < count; i++) {
        predictions[first + i] = batch.predictions[i];
        loss += batch.losses[i];
        if (batch.predictions[i] === batch.labels[i]) right++;
      }
      onProgress?.({ done: first + count, total: split.count });
    }
    const seconds = (performance.now() - started) / 1000;
    const flops = (executable.plan.flops / size) * split.count;
    return { accuracy: right / split.count, loss: loss / split.count, predictions, seconds, compileSeconds, flops };
  } finally {
    executable.free();
  }
}
