import type { Tensor } from '../../engine/device.ts';
import type { Feed } from '../../engine/executable.ts';
import { type Node, spec } from '../../engine/graph.ts';
import { add, cast, clamp, logicalAnd, multiply, where } from '../../engine/ops/elementwise.ts';
import { argmax } from '../../engine/ops/reduce.ts';
import { concatenate, reshape } from '../../engine/ops/shape.ts';
import type { Classifier } from '../classifier.ts';
import type { Batch, BatchOutcome } from './attack.ts';
import { charge, type Ledger, openLedger } from './ledger.ts';
import { isUsable, magnitudeOf, noSigns, observe } from './masking.ts';
import type { Norm } from './norms.ts';

/**
 * One step of a gradient attack, compiled once for a norm and a batch size: gradient of the loss, direction, step, projection on
 * the ball around the original, clipping, and the class of the new images. Strengths are inputs, so all share it.
 */
async function compileStep(classifier: Classifier, norm: Norm, size: number) {
  const images = spec([size, ...classifier.shape]);
  const [lowest, highest] = classifier.clipValues;
  return classifier.compile(
    `gradient step in L${norm.name} of ${size} images`,
    {
      original: images,
      x: images,
      labels: spec([size], 'i32'),
      active: spec([size, 1, 1, 1], 'bool'),
      eps: spec([]),
      stepSize: spec([]),
    },
    ({ original, x, labels, active, eps, stepSize }, oracle) => {
      const gradient = oracle.lossGradient(x, labels);
      const magnitude = magnitudeOf(gradient);
      const moving = logicalAnd(active, isUsable(magnitude));
      const stepped = add(x, multiply(norm.direction(gradient), stepSize));
      const next = where(moving, clamp(norm.project(stepped, original, eps), lowest, highest), x);
      const row = (values: Node) => reshape(values, [1, size]);
      const predicted = cast(argmax(oracle.logits(next), 1), 'f32');
      return { x: next, report: concatenate([row(predicted), row(magnitude)], 0) };
    },
    { x: 'x' },
  );
}

export interface AscentOptions {
  readonly norm: Norm;
  readonly eps: number;
  readonly stepSize: number;
  readonly stepsPerStart: number;
  /** Where to begin: images [size, C, H, W], one after the other until all samples are broken. */
  readonly starts: readonly Float32Array[];
  onStep?(done: number, holding: number): void;
}

/**
 * Climbs the loss from one or several starts. Each step's wall time runs from its submission until its classes are read, and is
 * shared by the samples still active. A sample that is misclassified keeps its image.
 */
export async function ascend(classifier: Classifier, batch: Batch, options: AscentOptions): Promise<BatchOutcome> {
  const { norm, eps, stepSize, stepsPerStart, starts, onStep } = options;
  const step = await compileStep(classifier, norm, batch.size);
  const perImage = {
    queries: step.asks.forwardPasses,
    gradients: step.asks.backwardPasses,
    flops: step.asks.flops / batch.size,
  };
  const original = classifier.device.tensor(batch.images, [batch.size, ...classifier.shape]);
  const feeds = {
    original,
    labels: batch.labels,
    eps: Float32Array.of(eps),
    stepSize: Float32Array.of(stepSize),
  };
  const run = async (x: Feed, active: readonly boolean[]) => {
    const began = performance.now();
    const outputs = step.run({ ...feeds, x, active: Uint32Array.from(active, Number) });
    const report = await outputs.report.read();
    const seconds = (performance.now() - began) / 1000;
    return { x: outputs.x, classes: report.subarray(0, batch.size), magnitudes: report.subarray(batch.size), seconds };
  };

  try {
    let ledger = openLedger(batch.active);
    // With nobody active nothing moves: this run compiles and binds all, so that no sample is charged for it.
    let x: Tensor = (
      await run(
        batch.images,
        batch.active.map(() => false),
      )
    ).x;
    let signs = noSigns;
    for (const [round, start] of starts.entries()) {
      let feed: Feed = await restart(x, start, ledger);
      for (let k = 1; k <= stepsPerStart && ledger.active.some(Boolean); k++) {
        const at = round * stepsPerStart + k;
        const result = await run(feed, ledger.active);
        signs = observe(signs, result.magnitudes, ledger.active);
        const wrong = Array.from(batch.labels, (label, i) => result.classes[i] !== label);
        ledger = charge(ledger, at, { seconds: result.seconds, ...perImage }, wrong);
        feed = x = result.x;
        onStep?.(at, ledger.active.filter(Boolean).length);
      }
    }
    return { ledger, images: (await x.read()) as Float32Array, signs };
  } finally {
    classifier.device.release(original.buffer);
  }
}

/** The active samples' new starts, and the other samples' images as they are. */
async function restart(x: Tensor, start: Float32Array, { active }: Ledger): Promise<Float32Array> {
  const images = (await x.read()) as Float32Array;
  const pixels = images.length / active.length;
  active.forEach((isActive, i) => {
    if (isActive) images.set(start.subarray(i * pixels, (i + 1) * pixels), i * pixels);
  });
  return images;
}
