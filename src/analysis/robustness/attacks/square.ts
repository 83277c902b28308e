import { integer, number } from '../../../base/parameter.ts';
import { randomWords, streamId } from '../../../base/philox.ts';
import type { Classifier } from '../classifier/classifier.ts';
import { defineAttack } from './defineAttack.ts';
import type { Method, Turn } from './run/method.ts';
import { clipPixel, gather, lead, lengthOf, marked, rowOf } from './run/rows.ts';

export interface SquareSettings {
  readonly norm: 'inf' | '2';
  /** Queries after the first. */
  readonly maxIter: number;
  /** Share of the image that the first squares cover. */
  readonly pInit: number;
  readonly seed: number;
}

/**
 * Square attack (Andriushchenko et al., arXiv 1912.00049): a random search with square patches that asks for the logits only.
 * A sample stops when it is misclassified.
 */
export const square = defineAttack({
  name: 'square',
  title: 'Square',
  about: 'random squares, kept where they help',
  source: 'arXiv 1912.00049',
  asks: 'logits',
  strength: 'eps',
  norms: ['inf', '2'],
  parameters: {
    maxIter: integer({ from: 1, default: 5000, about: 'queries after the first' }),
    pInit: number({
      above: 0,
      to: 1,
      default: 0.8,
      takes: 'share',
      about: 'share of the image that the first squares cover',
    }),
  },
  passes: ({ maxIter }) => maxIter,
  method: (classifier, _, settings) => squareMethod(classifier, settings),
});

interface SquareState {
  readonly images: Float32Array;
  /** How far another class is ahead of the label, the best so far. */
  readonly best: Float64Array;
}

/** After how many of 10 000 iterations the share is halved again (the authors' schedule). */
const HALVINGS = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000];

/** The share of the image that a square covers at an iteration, from 0. */
function shareAt(iteration: number, maxIter: number, pInit: number): number {
  const scaled = Math.trunc((iteration / maxIter) * 10000);
  return pInit / 2 ** HALVINGS.filter((each) => scaled > each).length;
}

/** Numbers of one sample's iteration. */
function draws(seed: number, sample: number, iteration: number, count: number) {
  const source = { seed, stream: streamId('square'), substream: sample };
  // A sample's iterations lie 2^20 words apart, more than one can need.
  const words = randomWords(source, count, iteration * 2 ** 20);
  let next = 0;
  const uniform = () => words[next++] / 2 ** 32;
  return {
    uniform,
    below: (bound: number) => Math.min(bound - 1, Math.floor(uniform() * bound)),
    sign: () => (uniform() < 0.5 ? -1 : 1),
  };
}

type Draws = ReturnType<typeof draws>;

/** The square attack as steps; the first looks at the stripes that it begins with. */
export function squareMethod(classifier: Classifier, settings: SquareSettings): Method<SquareState> {
  const { norm, maxIter, pInit, seed } = settings;
  const { classes } = classifier;
  const [channels, height, width] = classifier.shape;
  const area = height * width;
  const propose = norm === 'inf' ? proposeLinf : proposeL2;

  return {
    steps: maxIter + 1,
    images: ({ images }) => images,
    price: { queries: 1, gradients: 0 },
    open: ({ images, size }) => ({ images, best: new Float64Array(size).fill(Number.NEGATIVE_INFINITY) }),
    step: async (state, { batch, rows, ask, step }: Turn) => {
      const { pixels } = ask;
      const candidates = gather(state.images, rows, pixels);
      rows.forEach((row, i) => {
        const own = rowOf(candidates, i, pixels);
        const original = rowOf(batch.images, row, pixels);
        const random = draws(
          seed,
          batch.sample[row],
          step - 1,
          step === 1 ? channels * (area + width) + 16 : channels + 16,
        );
        if (step === 1) begin(own, original, batch.strength[row], random);
        else propose(own, original, batch.strength[row], shareAt(step - 2, maxIter, pInit), random);
      });
      const answers = await ask.logits({ images: candidates, rows });
      const images = state.images.slice();
      const best = state.best.slice();
      const wrong = marked(batch.size, []);
      rows.forEach((row, i) => {
        const ahead = lead(rowOf(answers, i, classes), batch.labels[row]);
        wrong[row] = ahead > 0;
        if (!(ahead > best[row])) return;
        best[row] = ahead;
        images.set(rowOf(candidates, i, pixels), row * pixels);
      });
      return { state: { images, best }, wrong };
    },
  };

  /** L∞: vertical stripes of ± eps. L2: a chequerboard of the two-sided bumps below. */
  function begin(own: Float32Array, original: Float32Array, eps: number, random: Draws): void {
    if (norm === 'inf') {
      for (let c = 0; c < channels; c++)
        for (let column = 0; column < width; column++) {
          const change = eps * random.sign();
          for (let row = 0; row < height; row++) {
            const at = c * area + row * width + column;
            own[at] = clipPixel(original[at] + change);
          }
        }
      return;
    }
    const side = Math.max(1, Math.floor(height / 5));
    const margin = Math.floor((height - side * 5) / 2);
    const delta = new Float64Array(own.length);
    for (let row = margin; row + side <= height; row += side)
      for (let column = margin; column + side <= width; column += side) {
        const shape = bump(side, random.uniform() > 0.5);
        for (let c = 0; c < channels; c++) place(delta, shape, side, c, row, column, random.sign());
      }
    const length = lengthOf(delta, '2');
    for (let p = 0; p < own.length; p++) own[p] = clipPixel(original[p] + (delta[p] / length) * eps);
  }

  function place(
    delta: Float64Array,
    shape: Float64Array,
    side: number,
    c: number,
    top: number,
    left: number,
    by: number,
  ) {
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++)
        if (top + i < height && left + j < width)
          delta[c * area + (top + i) * width + left + j] += by * shape[i * side + j];
  }

  function proposeLinf(own: Float32Array, original: Float32Array, eps: number, share: number, random: Draws): void {
    const side = Math.min(Math.max(Math.round(Math.sqrt(share * area)), 1), height, width);
    const top = random.below(height - side + 1);
    const left = random.below(width - side + 1);
    for (let c = 0; c < channels; c++) {
      const change = 2 * eps * random.sign();
      for (let row = top; row < top + side; row++)
        for (let column = left; column < left + side; column++) {
          const at = c * area + row * width + column;
          own[at] = clipPixel(Math.min(original[at] + eps, Math.max(original[at] - eps, own[at] + change)));
        }
    }
  }

  /** Moves the change in one window into another, which gets a bump: section 3.3 of the paper. */
  function proposeL2(own: Float32Array, original: Float32Array, eps: number, share: number, random: Draws): void {
    const odd = (side: number) => (side % 2 === 0 ? side + 1 : side);
    const most = Math.min(height, width);
    const side = Math.min(odd(Math.max(Math.round(Math.sqrt(share * area)), 3)), most % 2 === 0 ? most - 1 : most);
    const [top, left] = [random.below(height - side + 1), random.below(width - side + 1)];
    const [top2, left2] = [random.below(height - side + 1), random.below(width - side + 1)];
    const delta = Float64Array.from(own, (value, p) => value - original[p]);
    const shape = bump(side, random.uniform() > 0.5);
    const spare = Math.max(eps ** 2 - lengthOf(delta, '2') ** 2, 0);
    const [rows, columns] = [
      [Math.min(top, top2), Math.max(top, top2) + side],
      [Math.min(left, left2), Math.max(left, left2) + side],
    ];
    const isIn = (row: number, column: number, t: number, l: number) =>
      row >= t && row < t + side && column >= l && column < l + side;
    for (let c = 0; c < channels; c++) {
      let both = 0;
      let first = 0;
      for (let row = rows[0]; row < rows[1]; row++)
        for (let column = columns[0]; column < columns[1]; column++) {
          const isFirst = isIn(row, column, top, left);
          if (!isFirst && !isIn(row, column, top2, left2)) continue;
          const squared = delta[c * area + row * width + column] ** 2;
          both += squared;
          if (isFirst) first += squared;
        }
      const old = Math.sqrt(first) + 1e-12;
      const fresh = new Float64Array(side * side);
      const sign = random.sign();
      let squares = 0;
      for (let i = 0; i < side; i++)
        for (let j = 0; j < side; j++) {
          const value = sign * shape[i * side + j] + delta[c * area + (top + i) * width + left + j] / old;
          fresh[i * side + j] = value;
          squares += value * value;
        }
      const factor = Math.sqrt(spare / channels + both) / (Math.sqrt(squares) + 1e-12);
      for (let row = top2; row < top2 + side; row++)
        for (let column = left2; column < left2 + side; column++) delta[c * area + row * width + column] = 0;
      for (let i = 0; i < side; i++)
        for (let j = 0; j < side; j++) delta[c * area + (top + i) * width + left + j] = fresh[i * side + j] * factor;
    }
    const length = lengthOf(delta, '2') + 1e-12;
    for (let p = 0; p < own.length; p++) own[p] = clipPixel(original[p] + (delta[p] / length) * eps);
  }
}

/** Two hills of opposite sign beside each other, of length 1: [side, side], or turned. Equation 2 of the paper. */
function bump(side: number, turned: boolean): Float64Array {
  const shape = new Float64Array(side * side);
  const half = Math.floor(side / 2);
  const hill = (rows: number, columns: number) => {
    const values = new Float64Array(rows * columns);
    const [x, y] = [Math.floor(rows / 2) + 1, Math.floor(columns / 2) + 1];
    for (let k = 0; k < Math.max(x, y); k++)
      for (let i = Math.max(x - 1 - k, 0); i < Math.min(x + k, rows); i++)
        for (let j = Math.max(y - 1 - k, 0); j < Math.min(y + k, columns); j++)
          values[i * columns + j] += 1 / (k + 1) ** 2;
    const length = lengthOf(values, '2') || 1;
    return values.map((value) => value / length);
  };
  const [upper, lower] = [hill(half, side), hill(side - half, side)];
  shape.set(upper);
  shape.set(
    lower.map((value) => -value),
    half * side,
  );
  const length = lengthOf(shape, '2');
  const scaled = shape.map((value) => value / length);
  return turned ? scaled.map((_, at) => scaled[(at % side) * side + Math.floor(at / side)]) : scaled;
}
