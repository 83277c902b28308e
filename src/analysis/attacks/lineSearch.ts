import type { Feed } from '../../engine/executable.ts';
import { spec } from '../../engine/graph.ts';
import { add, clamp, logicalAnd, multiply, where } from '../../engine/ops/elementwise.ts';
import { argmax } from '../../engine/ops/reduce.ts';
import type { Classifier } from '../classifier.ts';
import type { Batch, BatchOutcome } from './attack.ts';
import { charge, openLedger } from './ledger.ts';
import { isUsable, magnitudeOf, noSigns, observe } from './masking.ts';
import type { Norm } from './norms.ts';

export interface LineSearchOptions {
  readonly norm: Norm;
  /** How far to go along the direction, one after the other. */
  readonly lengths: readonly number[];
  onStep?(done: number, holding: number): void;
}

/** The gradient at the original, and its direction. */
function compileAim(classifier: Classifier, norm: Norm, size: number) {
  return classifier.compile(
    `direction in L${norm.name} of ${size} images`,
    { x: spec([size, ...classifier.shape]), labels: spec([size], 'i32') },
    ({ x, labels }, oracle) => {
      const gradient = oracle.lossGradient(x, labels);
      return { direction: norm.direction(gradient), magnitude: magnitudeOf(gradient) };
    },
  );
}

/** A step along the direction from the original, and the classes of the new images. */
function compileMove(classifier: Classifier, size: number) {
  const images = spec([size, ...classifier.shape]);
  const perImage = [size, 1, 1, 1];
  const [lowest, highest] = classifier.clipValues;
  return classifier.compile(
    `move along a direction of ${size} images`,
    {
      original: images,
      direction: images,
      x: images,
      magnitude: spec(perImage),
      active: spec(perImage, 'bool'),
      length: spec([]),
    },
    ({ original, direction, x, magnitude, active, length }, oracle) => {
      const moved = clamp(add(original, multiply(direction, length)), lowest, highest);
      const next = where(logicalAnd(active, isUsable(magnitude)), moved, x);
      return { x: next, classes: argmax(oracle.logits(next), 1) };
    },
    { x: 'x' },
  );
}

/**
 * One gradient at the original, then ever longer steps along its direction until all samples are broken. The gradient is charged
 * with the first step.
 */
export async function searchLine(
  classifier: Classifier,
  batch: Batch,
  { norm, lengths, onStep }: LineSearchOptions,
): Promise<BatchOutcome> {
  const { size, labels } = batch;
  const aim = await compileAim(classifier, norm, size);
  const move = await compileMove(classifier, size);
  const { device } = classifier;
  const original = device.tensor(batch.images, [size, ...classifier.shape]);
  const takeAim = async () => {
    const aimed = aim.run({ x: original, labels });
    return { ...aimed, magnitudes: await aimed.magnitude.read() };
  };
  try {
    // Compiles and binds all, with nobody active, so that no sample is charged for it.
    const { direction, magnitude } = await takeAim();
    const fixed = { original, direction, magnitude };
    const advance = async (x: Feed, length: number, active: readonly boolean[]) => {
      const feeds = { x, length: Float32Array.of(length), active: Uint32Array.from(active, Number) };
      const moved = move.run({ ...fixed, ...feeds });
      return { x: moved.x, classes: await moved.classes.read() };
    };
    const nobody = batch.active.map(() => false);
    let { x } = await advance(batch.images, 0, nobody);

    let began = performance.now();
    const signs = observe(noSigns, (await takeAim()).magnitudes, batch.active);
    let ledger = openLedger(batch.active);
    for (const [k, length] of lengths.entries()) {
      if (!ledger.active.some(Boolean)) break;
      const moved = await advance(x, length, ledger.active);
      const now = performance.now();
      const price = {
        seconds: (now - began) / 1000,
        queries: move.asks.forwardPasses + (k === 0 ? aim.asks.forwardPasses : 0),
        gradients: k === 0 ? aim.asks.backwardPasses : 0,
        flops: (move.asks.flops + (k === 0 ? aim.asks.flops : 0)) / size,
      };
      const wrong = Array.from(labels, (label, i) => moved.classes[i] !== label);
      ledger = charge(ledger, k + 1, price, wrong);
      x = moved.x;
      began = now;
      onStep?.(k + 1, ledger.active.filter(Boolean).length);
    }
    return { ledger, images: (await x.read()) as Float32Array, signs };
  } finally {
    device.release(original.buffer);
  }
}
