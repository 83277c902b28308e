import { integer } from '../../../base/parameter.ts';
import { drawNormal, drawUniform, streamId } from '../../../base/philox.ts';
import type { NormName } from '../norms.ts';
import { otherClass } from './apgd.ts';
import { defineAttack, WITH_GRADIENT } from './defineAttack.ts';
import type { Advance, Method, Turn } from './run/method.ts';
import { clipPixel, gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from './run/rows.ts';
import { wayToHyperplane } from './steps/hyperplane.ts';

export interface FabSettings {
  readonly norm: NormName;
  /**
   * Only an adversarial image within this distance is a success, and ends the attack on the sample. Left out: any is, and the attack
   * goes on.
   */
  readonly eps?: number;
  readonly maxIter: number;
  /** Starts: the first at the original, others at random. */
  readonly numRestarts: number;
  /** Aim at this many of the likeliest other classes, one after the other; 0: at the nearest border of all. */
  readonly targets: number;
  readonly seed: number;
}

/**
 * Fast adaptive boundary attack (Croce and Hein, arXiv 1907.02044, algorithm 1): goes to the linearised border and is drawn to the
 * original at once, for an adversarial image as near as possible.
 */
export const fab = defineAttack({
  name: 'fab',
  title: 'FAB',
  about: 'nearest adversarial image, by linearised borders',
  source: 'arXiv 1907.02044',
  asks: 'gradients',
  strength: 'optional eps',
  norms: ['inf', '1', '2'],
  parameters: {
    maxIter: integer({ from: 1, default: 100, about: 'steps' }),
    numRestarts: integer({ from: 1, default: 1, about: 'starts, the first at the original' }),
    targets: integer({
      from: 0,
      default: 0,
      about: 'likeliest other classes that are aimed at, one after the other; with 0 the nearest border is',
    }),
  },
  passes: ({ maxIter, targets }) => maxIter * WITH_GRADIENT * Math.max(1, targets),
  method: ({ classes }, _, settings) => fabMethod(classes, settings),
});

/** The authors' values: greatest weight of the original, overshooting, how much of the way is kept after a success. */
const ALPHA_MAX = 0.1;
const ETA = 1.05;
const BETA = 0.9;

/** Radius within which random restarts begin while there is no adversarial image, as the authors' default by norm. */
const START_RADIUS: Readonly<Record<NormName, number>> = { inf: 0.3, '2': 1, '1': 5 };

interface FabState {
  /** The nearest adversarial images, the originals where there is none. */
  readonly images: Float32Array;
  readonly distance: Float64Array;
  readonly x: Float32Array;
  readonly originalLogits: Float32Array;
}

/** FAB as steps. */
export function fabMethod(classes: number, settings: FabSettings): Method<FabState> {
  const { norm, eps, maxIter, numRestarts, seed } = settings;
  const targets = Math.min(settings.targets, classes - 1);
  return {
    steps: maxIter * numRestarts * Math.max(1, targets),
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
      originalLogits: new Float32Array(size * classes),
    }),
    step: async (before, turn) => {
      const round = Math.floor((turn.step - 1) / maxIter);
      const isStart = (turn.step - 1) % maxIter === 0;
      const restart = round % numRestarts;
      const known = turn.step === 1 && targets > 0 ? await askOriginals(before, turn) : before;
      const state = isStart ? { ...known, x: begin(known, turn, restart, round) } : known;
      const aimed = await aim(state, turn, Math.floor(round / numRestarts));
      return arrive(state, aimed, turn);
    },
  };

  async function askOriginals(state: FabState, { rows, batch, ask }: Turn): Promise<FabState> {
    const answers = await ask.logits({ images: gather(batch.images, rows, ask.pixels), rows });
    const originalLogits = state.originalLogits.slice();
    rows.forEach((row, i) => {
      originalLogits.set(rowOf(answers, i, classes), row * classes);
    });
    return { ...state, originalLogits };
  }

  function begin(state: FabState, { rows, batch, ask }: Turn, restart: number, round: number): Float32Array {
    const { pixels } = ask;
    const x = state.x.slice();
    for (const row of rows) {
      const from = rowOf(batch.images, row, pixels);
      const own = rowOf(x, row, pixels);
      if (restart === 0) {
        own.set(from);
        continue;
      }
      const source = { seed, stream: streamId(`fab.start.${round}`), substream: batch.sample[row] };
      const noise = norm === 'inf' ? drawUniform(source, pixels).map((u) => 2 * u - 1) : drawNormal(source, pixels);
      const factor = (0.5 * Math.min(state.distance[row], eps ?? START_RADIUS[norm])) / lengthOf(noise, norm);
      for (let p = 0; p < pixels; p++) own[p] = clipPixel(from[p] + factor * noise[p]);
    }
    return x;
  }

  /** The linearised border that each row goes to: that of its target, or the nearest of all. */
  async function aim(state: FabState, { rows, batch, ask }: Turn, target: number) {
    const { pixels } = ask;
    const others = rows.map((row) => {
      const label = batch.labels[row];
      if (targets > 0) return [otherClass(rowOf(state.originalLogits, row, classes), label, target)];
      return Array.from({ length: classes }, (_, i) => i).filter((each) => each !== label);
    });
    const each = others[0].length;
    const repeated = rows.flatMap((row) => new Array<number>(each).fill(row));
    const answer = await ask.gradients({
      loss: 'difference',
      images: gather(state.x, repeated, pixels),
      rows: repeated,
      labels: gatherLabels(batch.labels, repeated),
      others: Int32Array.from(others.flat()),
    });
    const dual = norm === 'inf' ? '1' : norm === '1' ? 'inf' : '2';
    return rows.map((_, i) => {
      let nearest = { distance: Number.POSITIVE_INFINITY, at: i * each };
      for (let at = i * each; at < (i + 1) * each; at++) {
        const length = lengthOf(rowOf(answer.gradients, at, pixels), dual);
        const distance = Math.abs(answer.losses[at]) / (1e-12 + length);
        if (distance < nearest.distance) nearest = { distance, at };
      }
      return { normal: rowOf(answer.gradients, nearest.at, pixels), difference: answer.losses[nearest.at] };
    });
  }

  /** Steps to the border, asks who is across, and goes back towards the original from there. */
  async function arrive(
    state: FabState,
    borders: readonly { normal: Float32Array; difference: number }[],
    { rows, batch, ask }: Turn,
  ): Promise<Advance<FabState>> {
    const { pixels } = ask;
    const x = state.x.slice();
    rows.forEach((row, i) => {
      const { normal, difference } = borders[i];
      const original = rowOf(batch.images, row, pixels);
      const own = rowOf(x, row, pixels);
      let between = 0;
      for (let p = 0; p < pixels; p++) between += normal[p] * (original[p] - own[p]);
      const here = wayToHyperplane(own, { normal, excess: difference }, norm);
      const there = wayToHyperplane(original, { normal, excess: difference + between }, norm);
      const [a, b] = [Math.max(lengthOf(here, norm), 1e-8), Math.max(lengthOf(there, norm), 1e-8)];
      const alpha = Math.min(a / (a + b), ALPHA_MAX);
      for (let p = 0; p < pixels; p++)
        own[p] = clipPixel((own[p] + ETA * here[p]) * (1 - alpha) + (original[p] + ETA * there[p]) * alpha);
    });
    const answers = await ask.logits({ images: gather(x, rows, pixels), rows });
    const images = state.images.slice();
    const distance = state.distance.slice();
    const wrong = marked(batch.size, []);
    rows.forEach((row, i) => {
      if (largestPlace(rowOf(answers, i, classes)) === batch.labels[row]) return;
      const original = rowOf(batch.images, row, pixels);
      const own = rowOf(x, row, pixels);
      const length = lengthOf(own, norm, original);
      if (length < distance[row]) {
        distance[row] = length;
        images.set(own, row * pixels);
      }
      wrong[row] = eps === undefined || distance[row] <= eps;
      for (let p = 0; p < pixels; p++) own[p] = original[p] + (own[p] - original[p]) * BETA;
    });
    const finished = eps === undefined ? marked(batch.size, []) : wrong;
    return { state: { ...state, images, distance, x }, wrong, finished };
  }
}
