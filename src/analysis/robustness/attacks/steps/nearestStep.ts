import {
  abs,
  argmax,
  cast,
  concatenate,
  type Feed,
  fill,
  greater,
  less,
  logicalAnd,
  max,
  maximum,
  type Node,
  negate,
  notEqual,
  offset,
  reshape,
  sign,
  spec,
  subtract,
  sum,
  type TensorType,
  where,
} from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import { norms, safeQuotient } from '../../norms.ts';
import type { AttackNorm } from '../defineAttack.ts';
import type { Batch } from '../run/batch.ts';
import { magnitudeOf } from '../run/masking.ts';
import type { Method } from '../run/method.ts';
import { hostArray } from '../run/readFeed.ts';

/** The distance of an image for which no adversarial one is known: above every distance, and a number that every device can hold. */
export const NOT_FOUND = 1e30;

/** Length of each image's change, [N, C, H, W] → [N, 1, 1, 1]. L0 counts places at which any channel changes. */
export const lengthIn = (norm: AttackNorm, change: Node): Node => {
  if (norm !== '0') return norms[norm].length(change);
  const largest = max(abs(change), [1], { keepDims: true });
  return sum(cast(greater(largest, fill(largest.shape, 0)), 'f32'), [1, 2, 3], { keepDims: true });
};

/** Distance of each image [N, C, H, W] from the farthest image with pixels in [0, 1], [N, 1, 1, 1]. */
export const farthestIn = (norm: AttackNorm, original: Node): Node =>
  lengthIn(norm, maximum(original, offset(negate(original), 1)));

/** Nodes by their names. */
type Nodes = Readonly<Record<string, Node>>;

/** What a step knows of every image when it decides where to go. One number an image has the shape [N, 1, 1, 1]. */
export interface Seen {
  /** The images that the search is to stay near, [N, C, H, W]. */
  readonly original: Node;
  /** Where the search stands, less the original. */
  readonly change: Node;
  /** The loss that the search follows, one number an image. */
  readonly loss: Node;
  /** Gradient of the loss by the pixels. */
  readonly gradient: Node;
  /** Whether the model puts the image into another class than its label: bool, one an image. */
  readonly wrong: Node;
  /** Distance of the image from the original, one number an image. */
  readonly distance: Node;
  /** Whether this step or an earlier one found an adversarial image: bool, one an image. */
  readonly found: Node;
  /** Distance of the nearest adversarial image up to this step; above every distance where there is none. */
  readonly bestDistance: Node;
  /** What this step's `rates` gave: scalars. */
  readonly rates: Nodes;
  /** What the step before carried over. */
  readonly carried: Nodes;
}

/** Slope of the distance in L1 or L2 by the pixels, [N, C, H, W]; 0 at the original. */
export const distanceSlope = (norm: '1' | '2', { change, distance }: Pick<Seen, 'change' | 'distance'>): Node =>
  norm === '1' ? sign(change) : safeQuotient(change, distance);

/** A value that a search carries from step to step, and what it is before the first. */
export interface Carried {
  readonly of: 'pixel' | 'image';
  readonly from: number;
}

/** A search for the nearest adversarial image by one gradient a step. */
export interface NearestSearch {
  /** Everything that the graph of a step depends on besides norm and batch size: the attack, and settings that are not `rates`. */
  readonly name: string;
  readonly norm: AttackNorm;
  readonly steps: number;
  /** The loss that is followed, one number an image, of logits [N, classes] and labels i32 [N]. */
  loss(logits: Node, labels: Node): Node;
  readonly carried: Readonly<Record<string, Carried>>;
  /** Scalars of a step, which the graph takes as inputs. @param step from 0 */
  rates(step: number): Readonly<Record<string, number>>;
  /** Where the search goes: the next images, with pixels in [0, 1], and what is carried on. */
  move(seen: Seen): { readonly x: Node; readonly carried: Nodes };
}

/** Where the search stands, and the nearest adversarial images that it has met: on the device, or as they are saved. */
interface NearestState {
  readonly x: Feed;
  readonly best: Feed;
  readonly bestDistance: Feed;
  readonly [carried: string]: Feed;
}

/**
 * One step as one graph, compiled once for a search, a norm and a batch size: logits and gradient where the search stands, the
 * nearest adversarial images so far, and where the search goes. Images stay on the device; classes and sizes of gradients come back.
 */
function compileStep(classifier: Classifier, size: number, search: NearestSearch) {
  const { name, norm, carried } = search;
  const images = spec([size, ...classifier.shape]);
  const perImage = spec([size, 1, 1, 1]);
  const names = Object.keys(carried);
  const rateNames = Object.keys(search.rates(0));
  const extra: Readonly<Record<string, TensorType>> = {
    ...Object.fromEntries(names.map((each) => [each, carried[each].of === 'pixel' ? images : perImage])),
    ...Object.fromEntries(rateNames.map((each) => [each, spec([])])),
  };
  const specs = {
    original: images,
    x: images,
    best: images,
    bestDistance: perImage,
    labels: spec([size], 'i32'),
    active: spec([size, 1, 1, 1], 'bool'),
    ...extra,
  };
  const pick = (inputs: Nodes, which: readonly string[]): Nodes =>
    Object.fromEntries(which.map((each) => [each, inputs[each]]));
  return classifier.compile(
    `${name} step in L${norm} of ${size} images`,
    specs,
    (inputs, oracle) => {
      const { original, x, best, bestDistance: before, labels, active } = inputs;
      const column = (values: Node) => reshape(values, [size, 1, 1, 1]);
      const { losses, gradient } = oracle.lossAndGradient(x, (logits) => search.loss(logits, labels));
      const wrong = column(notEqual(argmax(oracle.logits(x), 1), labels));
      const change = subtract(x, original);
      const distance = lengthIn(norm, change);
      const better = logicalAnd(logicalAnd(active, wrong), less(distance, before));
      const bestDistance = where(better, distance, before);
      const next = search.move({
        original,
        change,
        loss: column(losses),
        gradient,
        wrong,
        distance,
        found: less(bestDistance, fill([size, 1, 1, 1], NOT_FOUND)),
        bestDistance,
        rates: pick(inputs, rateNames),
        carried: pick(inputs, names),
      });
      const row = (values: Node) => reshape(values, [1, size]);
      return {
        x: next.x,
        best: where(better, x, best),
        bestDistance,
        ...next.carried,
        report: concatenate([row(cast(wrong, 'f32')), row(magnitudeOf(gradient))], 0),
      };
    },
    { x: 'x', best: 'best', bestDistance: 'bestDistance', ...Object.fromEntries(names.map((each) => [each, each])) },
  );
}

/**
 * Looks for the nearest adversarial image of every sample, from the original on, by one gradient a step. The nearest image of all
 * steps that the model misclassifies is kept; where the last step leads is not looked at. Samples that are not attacked, or no
 * longer, are computed along with the others, and what is found for them is not kept.
 */
export function searchNearest(classifier: Classifier, batch: Batch, search: NearestSearch): Method<NearestState> {
  const { device, shape } = classifier;
  const { size, labels, images } = batch;
  const original = device.tensor(images, [size, ...shape]);
  const begun: NearestState = {
    x: images,
    best: images,
    bestDistance: new Float32Array(size).fill(NOT_FOUND),
    ...Object.fromEntries(
      Object.entries(search.carried).map(([name, { of, from }]) => [
        name,
        new Float32Array(of === 'pixel' ? images.length : size).fill(from),
      ]),
    ),
  };
  const scalars = (step: number) =>
    Object.fromEntries(Object.entries(search.rates(step)).map(([name, value]) => [name, Float32Array.of(value)]));
  let step: Awaited<ReturnType<typeof compileStep>>;
  return {
    steps: search.steps,
    price: { queries: 1, gradients: 1 },
    open: async () => {
      step = await compileStep(classifier, size, search);
      const nobody = new Uint32Array(size);
      await step.warmUp(() => ({ original, labels, ...scalars(0), ...begun, active: nobody }));
      return begun;
    },
    step: async (state, { step: number, active, rows, ask }) => {
      const feeds = { original, labels, ...scalars(number - 1), ...state, active: Uint32Array.from(active, Number) };
      const { report, ...next } = step.run(feeds);
      const { forwardPasses: queries, backwardPasses: gradients, flops } = step.asks;
      for (const row of rows) ask.count(row, { queries, gradients, flops: flops / size });
      const told = await report.read();
      return {
        state: next,
        wrong: Array.from({ length: size }, (_, row) => told[row] === 1),
        finished: new Array<boolean>(size).fill(false),
        magnitudes: told.subarray(size),
      };
    },
    images: ({ best }) => hostArray(best),
    store: async (state) =>
      Object.fromEntries(
        await Promise.all(Object.entries(state).map(async ([name, feed]) => [name, await hostArray(feed)])),
      ) as NearestState,
    close: () => device.release(original.buffer),
  };
}
