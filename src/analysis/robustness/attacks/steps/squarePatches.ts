import { randomWords, streamId } from '../../../../base/philox.ts';
import type { ImageShape } from '../../../../models/index.ts';
import { clipPixel, lengthOf } from '../run/rows.ts';
import { projectOntoL1Ball } from './l1Ball.ts';

/** Random numbers of one sample's iteration, in their order. */
export interface Draws {
  /** From 0 to 1, without 1. */
  uniform(): number;
  /** A whole number from 0, below a bound. */
  below(bound: number): number;
  sign(): 1 | -1;
}

/** Opens the random numbers of a sample's iteration. @param count most numbers that are drawn */
export function drawsOf(seed: number, sample: number, iteration: number, count: number): Draws {
  const source = { seed, stream: streamId('square'), substream: sample };
  // A sample's iterations lie 2^20 words apart, more than one can need.
  const words = randomWords(source, count, iteration * 2 ** 20);
  let next = 0;
  const uniform = () => words[next++] / 2 ** 32;
  return {
    uniform,
    below: (bound) => Math.min(bound - 1, Math.floor(uniform() * bound)),
    sign: () => (uniform() < 0.5 ? -1 : 1),
  };
}

/** Norms of attacks by bumps. */
export type PatchNorm = '1' | '2';

/** What is added up for a length, and how a length follows from it. */
const MEASURES: Readonly<Record<PatchNorm, { total: (value: number) => number; root: (total: number) => number }>> = {
  '1': { total: Math.abs, root: (total) => total },
  '2': { total: (value) => value ** 2, root: Math.sqrt },
};

/** An image that is to be changed, and how far from its original it may go. */
export interface Patched {
  /** Pixels of the image, overwritten. */
  readonly image: Float32Array;
  readonly original: Float32Array;
  readonly shape: ImageShape;
  readonly eps: number;
}

/** Begins an attack in L∞: vertical stripes of ± eps. */
export function stripes({ image, original, shape: [channels, height, width], eps }: Patched, random: Draws): void {
  for (let c = 0; c < channels; c++)
    for (let column = 0; column < width; column++) {
      const change = eps * random.sign();
      for (let row = 0; row < height; row++) {
        const at = (c * height + row) * width + column;
        image[at] = clipPixel(original[at] + change);
      }
    }
}

/** Begins an attack in L2 or L1: a chequerboard of bumps. */
export function chequerboard(patched: Patched, random: Draws, norm: PatchNorm): void {
  const { image, shape } = patched;
  const [channels, height, width] = shape;
  const side = Math.max(1, Math.floor(height / 5));
  const margin = Math.floor((height - side * 5) / 2);
  const delta = new Float64Array(image.length);
  for (let row = margin; row + side <= height; row += side)
    for (let column = margin; column + side <= width; column += side) {
      const patch = bump(side, random.uniform() > 0.5, norm);
      for (let c = 0; c < channels; c++)
        addPatch(delta, patch, shape, { channel: c, row, column, sign: random.sign() });
    }
  writeWithin(patched, delta, norm);
}

/** Adds a square patch times a sign to the change of an image, but for what lies outside. */
function addPatch(
  delta: Float64Array,
  patch: Float64Array,
  [, height, width]: ImageShape,
  { channel, row, column, sign }: { channel: number; row: number; column: number; sign: number },
): void {
  const side = Math.sqrt(patch.length);
  for (let i = 0; i < side; i++)
    for (let j = 0; j < side; j++)
      if (row + i < height && column + j < width)
        delta[(channel * height + row + i) * width + column + j] += sign * patch[i * side + j];
}

/**
 * Writes the original plus a change: in L2 one that is brought to the length eps and clipped, in L1 one that is projected on what lies
 * within eps and in [0, 1] (arXiv 2103.01208, section 5).
 * @param length of the change, in L2
 */
function writeWithin(
  { image, original, eps }: Patched,
  delta: Float64Array,
  norm: PatchNorm,
  length = lengthOf(delta, '2'),
): void {
  if (norm === '1') {
    const z = delta.map((change, p) => original[p] + change);
    projectOntoL1Ball(z, original, eps);
    image.set(z);
    return;
  }
  for (let p = 0; p < image.length; p++) image[p] = clipPixel(original[p] + (delta[p] / length) * eps);
}

/** Proposes a change in L∞: every channel of a random square moves by 2 eps, up or down. @param share of the image that it covers */
export function moveSquare(
  { image, original, shape: [channels, height, width], eps }: Patched,
  share: number,
  random: Draws,
): void {
  const side = Math.min(Math.max(Math.round(Math.sqrt(share * (height * width))), 1), height, width);
  const top = random.below(height - side + 1);
  const left = random.below(width - side + 1);
  for (let c = 0; c < channels; c++) {
    const change = 2 * eps * random.sign();
    for (let row = top; row < top + side; row++)
      for (let column = left; column < left + side; column++) {
        const at = (c * height + row) * width + column;
        image[at] = clipPixel(Math.min(original[at] + eps, Math.max(original[at] - eps, image[at] + change)));
      }
  }
}

/** A square window of an image: its upper left corner and its side. */
interface Window {
  readonly top: number;
  readonly left: number;
  readonly side: number;
}

/** The side of the windows of an L2 or L1 proposal: odd, from 3, and within the image. */
function windowSide(share: number, height: number, width: number): number {
  const wanted = Math.max(Math.round(Math.sqrt(share * (height * width))), 3);
  const most = Math.min(height, width);
  return Math.min(wanted % 2 === 0 ? wanted + 1 : wanted, most % 2 === 0 ? most - 1 : most);
}

/** Proposes a change in L2 or L1: moves the change in one window into another, which gets a bump. Section 3.3 of the paper. */
export function moveWindow(patched: Patched, share: number, random: Draws, norm: PatchNorm): void {
  const { image, original, shape, eps } = patched;
  const [channels, height, width] = shape;
  const side = windowSide(share, height, width);
  const randomWindow = (): Window => ({
    top: random.below(height - side + 1),
    left: random.below(width - side + 1),
    side,
  });
  const [to, from] = [randomWindow(), randomWindow()];
  const delta = Float64Array.from(image, (value, p) => value - original[p]);
  const patch = bump(side, random.uniform() > 0.5, norm);
  const { total, root } = MEASURES[norm];
  const spare = Math.max(total(eps) - total(lengthOf(delta, norm)), 0) / channels;
  for (let c = 0; c < channels; c++) {
    const plane = delta.subarray(c * height * width, (c + 1) * height * width);
    const { both, first } = totals(plane, width, { window: to, other: from, total });
    // The authors give each channel in L1 what all have together; the projection takes it back.
    const length = root(spare + both) * (norm === '1' ? channels : 1);
    moveInPlane(plane, width, { to, from, first: root(first), length, patch, sign: random.sign(), norm });
  }
  writeWithin(patched, delta, norm, lengthOf(delta, '2') + 1e-12);
}

const isWithin = (row: number, column: number, { top, left, side }: Window) =>
  row >= top && row < top + side && column >= left && column < left + side;

/** Totals of a change in two windows together, and in the first of them. */
function totals(
  plane: Float64Array,
  width: number,
  { window, other, total }: { window: Window; other: Window; total: (value: number) => number },
): { readonly both: number; readonly first: number } {
  const { side } = window;
  let both = 0;
  let first = 0;
  for (let row = Math.min(window.top, other.top); row < Math.max(window.top, other.top) + side; row++)
    for (let column = Math.min(window.left, other.left); column < Math.max(window.left, other.left) + side; column++) {
      const isFirst = isWithin(row, column, window);
      if (!isFirst && !isWithin(row, column, other)) continue;
      const part = total(plane[row * width + column]);
      both += part;
      if (isFirst) first += part;
    }
  return { both, first };
}

/**
 * Empties the window `from`, and puts into `to` what was there, at length 1, plus a signed patch, brought to a length.
 * @param first length of what was in `to`
 */
function moveInPlane(
  plane: Float64Array,
  width: number,
  move: {
    to: Window;
    from: Window;
    first: number;
    length: number;
    patch: Float64Array;
    sign: number;
    norm: PatchNorm;
  },
): void {
  const { to, from, first, length, patch, sign, norm } = move;
  const { side } = to;
  const old = first + 1e-12;
  const fresh = patch.map((value, at) => {
    const [i, j] = [Math.floor(at / side), at % side];
    return sign * value + plane[(to.top + i) * width + to.left + j] / old;
  });
  const factor = length / (lengthOf(fresh, norm) + 1e-12);
  for (let row = from.top; row < from.top + side; row++)
    plane.fill(0, row * width + from.left, row * width + from.left + side);
  fresh.forEach((value, at) => {
    plane[(to.top + Math.floor(at / side)) * width + to.left + (at % side)] = value * factor;
  });
}

/** Two hills of opposite sign beside each other, of length 1: [side, side], or turned. Equation 2 of the paper. */
function bump(side: number, turned: boolean, norm: PatchNorm): Float64Array {
  const shape = new Float64Array(side * side);
  const half = Math.floor(side / 2);
  const [upper, lower] = [hill(half, side, norm), hill(side - half, side, norm)];
  shape.set(upper);
  shape.set(
    lower.map((value) => -value),
    half * side,
  );
  const length = lengthOf(shape, norm);
  const scaled = shape.map((value) => value / length);
  return turned ? scaled.map((_, at) => scaled[(at % side) * side + Math.floor(at / side)]) : scaled;
}

/** Rectangles around one centre, the more the higher, of length 1: [rows, columns]. Steeper in L1, as the authors' are. */
function hill(rows: number, columns: number, norm: PatchNorm): Float64Array {
  const values = new Float64Array(rows * columns);
  const [x, y] = [Math.floor(rows / 2) + 1, Math.floor(columns / 2) + 1];
  for (let k = 0; k < Math.max(x, y); k++)
    for (let i = Math.max(x - 1 - k, 0); i < Math.min(x + k, rows); i++)
      for (let j = Math.max(y - 1 - k, 0); j < Math.min(y + k, columns); j++)
        values[i * columns + j] += 1 / (k + 1) ** (norm === '1' ? 4 : 2);
  const length = lengthOf(values, norm) || 1;
  return values.map((value) => value / length);
}
