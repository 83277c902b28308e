import { InputError } from '../../../base/errors.ts';
import { integer, type ValuesOf } from '../../../base/parameter.ts';
import { drawNormal, drawUniform, streamId } from '../../../base/philox.ts';
import { defineAttack } from './defineAttack.ts';
import type { Batch } from './run/batch.ts';
import type { Method, Turn } from './run/method.ts';
import type { Questions } from './run/questions.ts';
import { clipPixel, largestPlace, lengthOf, marked, rowOf } from './run/rows.ts';

const parameters = {
  maxIter: integer({ from: 1, default: 50, about: 'jumps' }),
  initEval: integer({ from: 1, default: 100, about: 'queries for the first estimate of a gradient' }),
  maxEval: integer({ from: 1, default: 10000, about: 'most queries for an estimate of a gradient' }),
  initSize: integer({ from: 1, default: 100, about: 'random images that are tried to begin with' }),
};

type Settings = ValuesOf<typeof parameters> & {
  readonly norm: 'inf' | '2';
  readonly eps?: number;
  readonly seed: number;
};

/**
 * HopSkipJump (Chen, Jordan, Wainwright, arXiv 1904.02144, algorithm 2; ART's HopSkipJump), all samples of a batch at once: goes
 * to the border between two images, estimates its normal by the classes of random points around, jumps along it, and again. It
 * asks for classes only. The nearest adversarial image of all that were asked is kept; ART returns the last jump, farther off.
 */
export const hopSkipJump = defineAttack({
  name: 'hopskipjump',
  title: 'HopSkipJump',
  about: 'walks along the border',
  source: 'arXiv 1904.02144',
  asks: 'classes',
  strength: 'optional eps',
  norms: ['inf', '2'],
  parameters,
  check: ({ initEval, maxEval }) => {
    if (maxEval < initEval)
      throw new InputError(
        `hopskipjump: max_eval is ${maxEval}; it must be a whole number from init_eval, ${initEval}`,
      );
  },
  passes: ({ maxIter, initEval, maxEval, initSize }) => {
    const gradients = Array.from({ length: maxIter }, (_, i) => Math.min(initEval * Math.sqrt(i + 1), maxEval));
    return initSize + gradients.reduce((sum, queries) => sum + queries + LINE_SEARCHES, 0);
  },
  method: ({ classes }, batch, settings) => method(classes, batch, settings),
});

/** Queries of a step besides its gradient, about: two searches along a line. */
const LINE_SEARCHES = 30;

interface HopSkipJumpState {
  /** The nearest adversarial images, the originals where there is none. */
  readonly images: Float32Array;
  readonly distance: Float64Array;
  /** Where each row stands. */
  readonly x: Float32Array;
}

/** Candidates held at once. */
const MOST_CANDIDATES = 2048;
/** A step this often halved is none. */
const MOST_HALVINGS = 40;
/** How near to the border the first image is searched, as a share of the way. */
const FIRST_THRESHOLD = 1e-3;

function method(classes: number, batch: Batch, settings: Settings): Method<HopSkipJumpState> {
  const { norm, eps, maxIter, maxEval, initEval, initSize, seed } = settings;
  const pixels = batch.images.length / batch.size;
  const theta = 0.01 / (norm === '2' ? Math.sqrt(pixels) : pixels);
  const original = (row: number) => rowOf(batch.images, row, pixels);

  /** Which candidates are misclassified. */
  async function areAdversarial(ask: Questions, candidates: Float32Array, rows: readonly number[]): Promise<boolean[]> {
    if (rows.length === 0) return [];
    return areWrong(await ask.logits({ images: candidates, rows }), rows);
  }

  const areWrong = (answers: Float32Array, rows: readonly number[]): boolean[] =>
    rows.map((row, i) => largestPlace(rowOf(answers, i, classes)) !== batch.labels[row]);

  /** The point at `alpha` of the way from the original: a share in L2, a largest change in L∞. */
  function between(to: Float32Array, x: Float32Array, row: number, alpha: number, metric: 'inf' | '2'): void {
    const from = original(row);
    for (let p = 0; p < pixels; p++)
      to[p] =
        metric === '2'
          ? (1 - alpha) * from[p] + alpha * x[p]
          : Math.min(from[p] + alpha, Math.max(from[p] - alpha, x[p]));
  }

  /** Draws rows that stand on adversarial images towards the originals, as far as they stay adversarial; in place. */
  async function toBorder(
    ask: Questions,
    x: Float32Array,
    rows: readonly number[],
    metric: 'inf' | '2',
    threshold?: number,
  ): Promise<void> {
    const high = rows.map((row) => (metric === '2' ? 1 : lengthOf(rowOf(x, row, pixels), 'inf', original(row))));
    const low = rows.map(() => 0);
    const limit = high.map((each) => threshold ?? (metric === '2' ? theta : Math.min(each * theta, theta)));
    for (;;) {
      const open = rows.flatMap((_, i) => (high[i] - low[i] > limit[i] ? [i] : []));
      if (open.length === 0) break;
      const candidates = new Float32Array(open.length * pixels);
      open.forEach((i, k) => {
        const middle = (high[i] + low[i]) / 2;
        between(rowOf(candidates, k, pixels), rowOf(x, rows[i], pixels), rows[i], middle, metric);
      });
      const adversarial = await areAdversarial(
        ask,
        candidates,
        open.map((i) => rows[i]),
      );
      open.forEach((i, k) => {
        const middle = (high[i] + low[i]) / 2;
        if (adversarial[k]) high[i] = middle;
        else low[i] = middle;
      });
    }
    rows.forEach((row, i) => {
      const own = rowOf(x, row, pixels);
      between(own, own.slice(), row, high[i], metric);
    });
  }

  /** Random images until one is adversarial, then to the border. @returns the rows that have one */
  async function begin(ask: Questions, x: Float32Array, rows: readonly number[]): Promise<number[]> {
    let left = rows;
    for (let attempt = 0; attempt < initSize && left.length > 0; attempt++) {
      const candidates = new Float32Array(left.length * pixels);
      left.forEach((row, i) => {
        const source = { seed, stream: streamId(`hopskipjump.begin.${attempt}`), substream: batch.sample[row] };
        candidates.set(drawUniform(source, pixels), i * pixels);
      });
      const adversarial = await areAdversarial(ask, candidates, left);
      left.forEach((row, i) => {
        if (adversarial[i]) x.set(rowOf(candidates, i, pixels), row * pixels);
      });
      left = left.filter((_, i) => !adversarial[i]);
    }
    const begun = rows.filter((row) => !left.includes(row));
    await toBorder(ask, x, begun, '2', FIRST_THRESHOLD);
    return begun;
  }

  /** Directions to go in, [rows, pixels]: the normals of the border, estimated from the classes around; signs in L∞. */
  async function estimate(
    ask: Questions,
    x: Float32Array,
    rows: readonly number[],
    { iteration, count, delta }: { iteration: number; count: number; delta: readonly number[] },
  ): Promise<Float64Array> {
    const normals = new Float64Array(rows.length * pixels);
    /** Random points around where each row stands. */
    const around = (part: readonly number[], first: number): Float32Array => {
      const candidates = new Float32Array(part.length * count * pixels);
      part.forEach((row, i) => {
        const own = candidates.subarray(i * count * pixels, (i + 1) * count * pixels);
        const source = { seed, stream: streamId(`hopskipjump.noise.${iteration}`), substream: batch.sample[row] };
        const noise =
          norm === '2' ? drawNormal(source, count * pixels) : drawUniform(source, count * pixels).map((u) => 2 * u - 1);
        const centre = rowOf(x, row, pixels);
        for (let k = 0; k < count; k++) {
          const each = rowOf(noise, k, pixels);
          const factor = delta[first + i] / lengthOf(each, '2');
          for (let p = 0; p < pixels; p++) own[k * pixels + p] = clipPixel(centre[p] + factor * each[p]);
        }
      });
      return candidates;
    };
    const takeIn = (
      part: readonly number[],
      first: number,
      candidates: Float32Array,
      adversarial: readonly boolean[],
    ) =>
      part.forEach((row, i) => {
        const signs = adversarial.slice(i * count, (i + 1) * count).map((is) => (is ? 1 : -1));
        const mean = signs.reduce((a, b) => a + b, 0) / count;
        const centre = rowOf(x, row, pixels);
        const normal = normals.subarray((first + i) * pixels, (first + i + 1) * pixels);
        signs.forEach((sign, k) => {
          // Where all agree, the baseline would leave nothing.
          const weight = Math.abs(mean) === 1 ? sign : sign - mean;
          const at = (i * count + k) * pixels;
          for (let p = 0; p < pixels; p++) normal[p] += weight * (candidates[at + p] - centre[p]);
        });
        const length = lengthOf(normal, '2') || 1;
        for (let p = 0; p < pixels; p++) normal[p] = norm === '2' ? normal[p] / length : Math.sign(normal[p]);
      });

    const together = Math.max(1, Math.floor(MOST_CANDIDATES / count));
    let before = async () => {};
    for (let first = 0; first < rows.length; first += together) {
      const part = rows.slice(first, first + together);
      // The device answers the part before meanwhile.
      const candidates = around(part, first);
      const whose = part.flatMap((row) => new Array<number>(count).fill(row));
      const { answered } = await ask.submit({ images: candidates, rows: whose });
      await before();
      before = async () => takeIn(part, first, candidates, areWrong(await answered, whose));
    }
    await before();
    return normals;
  }

  /** Jumps along the directions, half as far until the landing is adversarial; in place. */
  async function jump(ask: Questions, x: Float32Array, rows: readonly number[], ways: Float64Array, iteration: number) {
    const reach = rows.map((row) => lengthOf(rowOf(x, row, pixels), norm, original(row)) / Math.sqrt(iteration));
    let left = rows.map((_, i) => i);
    for (let halving = 0; halving < MOST_HALVINGS && left.length > 0; halving++) {
      const candidates = new Float32Array(left.length * pixels);
      left.forEach((i, k) => {
        const centre = rowOf(x, rows[i], pixels);
        for (let p = 0; p < pixels; p++)
          candidates[k * pixels + p] = clipPixel(centre[p] + reach[i] * ways[i * pixels + p]);
      });
      const adversarial = await areAdversarial(
        ask,
        candidates,
        left.map((i) => rows[i]),
      );
      left.forEach((i, k) => {
        if (adversarial[k]) x.set(rowOf(candidates, k, pixels), rows[i] * pixels);
        else reach[i] /= 2;
      });
      left = left.filter((_, k) => !adversarial[k]);
    }
  }

  /** Keeps what is nearer than before; in place. */
  function keep(images: Float32Array, distance: Float64Array, x: Float32Array, rows: readonly number[]): void {
    for (const row of rows) {
      const own = rowOf(x, row, pixels);
      const length = lengthOf(own, norm, original(row));
      if (!(length < distance[row])) continue;
      distance[row] = length;
      images.set(own, row * pixels);
    }
  }

  return {
    // The first finds where to begin; every other ends with a jump, the last with a last walk to the border.
    steps: maxIter + 1,
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
    }),
    step: async (state, { step, rows, ask }: Turn) => {
      const images = state.images.slice();
      const distance = state.distance.slice();
      const x = state.x.slice();
      if (step === 1) keep(images, distance, x, await begin(ask, x, rows));
      else {
        const iteration = step - 1;
        const delta = rows.map((row) => {
          if (iteration === 1) return 0.1;
          const way = lengthOf(rowOf(x, row, pixels), norm, original(row));
          return (norm === '2' ? Math.sqrt(pixels) : pixels) * theta * way;
        });
        await toBorder(ask, x, rows, norm);
        keep(images, distance, x, rows);
        const count = Math.min(Math.trunc(initEval * Math.sqrt(iteration)), maxEval);
        const ways = await estimate(ask, x, rows, { iteration, count, delta });
        await jump(ask, x, rows, ways, iteration);
        keep(images, distance, x, rows);
      }
      const found = marked(
        images.length / pixels,
        rows.filter((row) => Number.isFinite(distance[row])),
      );
      const wrong = found.map((isFound, row) => isFound && (eps === undefined || distance[row] <= eps));
      return {
        state: { images, distance, x },
        wrong,
        finished: found.map((is, row) => !is || (eps !== undefined && wrong[row])),
      };
    },
  };
}
