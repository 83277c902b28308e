import { drawUniform, streamId } from '../../../../../base/philox.ts';
import type { Batch } from '../../run/batch.ts';
import type { Questions } from '../../run/questions.ts';
import { clipPixel, largestPlace, lengthOf, rowOf } from '../../run/rows.ts';

/** How an attack that asks for classes alone walks along the border of the class: what all parts of a step need. */
export interface BorderWalk {
  readonly ask: Questions;
  readonly batch: Batch;
  readonly classes: number;
  readonly norm: 'inf' | '2';
  readonly seed: number;
  /** Largest error of a search for the border: a share of the way in L2, in L∞ a share of its length, too, where that is below 1. */
  readonly tolerance: number;
}

/** How near to the border the first image is searched, as a share of the way. */
const FIRST_TOLERANCE = 1e-3;
/** A jump this often halved is none. */
const MOST_HALVINGS = 40;

/** Distance of where a row stands from its original. */
export const distanceOf = (
  { ask: { pixels }, batch, norm }: BorderWalk,
  x: Float32Array,
  row: number,
  metric: 'inf' | '2' = norm,
): number => lengthOf(rowOf(x, row, pixels), metric, rowOf(batch.images, row, pixels));

/** Which logits put the image of a row into another class than its label. */
export const areMisclassified = (
  { batch, classes }: BorderWalk,
  logits: Float32Array,
  rows: readonly number[],
): boolean[] => rows.map((row, i) => largestPlace(rowOf(logits, i, classes)) !== batch.labels[row]);

/** Which candidates, one for each of the rows, are misclassified. */
async function areAdversarial(walk: BorderWalk, candidates: Float32Array, rows: readonly number[]): Promise<boolean[]> {
  if (rows.length === 0) return [];
  return areMisclassified(walk, await walk.ask.logits({ images: candidates, rows }), rows);
}

/** The way from a row's original to its adversarial image, along which the border is searched: shares in L2, largest changes in L∞. */
interface Way {
  readonly row: number;
  /** Farthest place known to be on the side of the original. */
  low: number;
  /** Nearest place known to be adversarial. */
  high: number;
  readonly tolerance: number;
}

/** Writes the image at a place of the way from the original to `from`. */
function writePlace(
  to: Float32Array,
  { from, original, place, metric }: { from: Float32Array; original: Float32Array; place: number; metric: 'inf' | '2' },
): void {
  for (let p = 0; p < to.length; p++)
    to[p] =
      metric === '2'
        ? (1 - place) * original[p] + place * from[p]
        : Math.min(original[p] + place, Math.max(original[p] - place, from[p]));
}

/**
 * Draws rows that stand on adversarial images towards their originals, as far as they stay adversarial, in place.
 * @param share largest error of the search; that of the walk unless given
 */
export async function toBorder(
  walk: BorderWalk,
  x: Float32Array,
  rows: readonly number[],
  metric: 'inf' | '2' = walk.norm,
  share?: number,
): Promise<void> {
  const { pixels } = walk.ask;
  const { tolerance } = walk;
  const imageAt = (to: Float32Array, { row }: Way, place: number, from: Float32Array) =>
    writePlace(to, { from, original: rowOf(walk.batch.images, row, pixels), place, metric });
  const ways = rows.map((row): Way => {
    const high = metric === '2' ? 1 : distanceOf(walk, x, row, 'inf');
    return {
      row,
      low: 0,
      high,
      tolerance: share ?? (metric === '2' ? tolerance : Math.min(high * tolerance, tolerance)),
    };
  });
  for (;;) {
    const open = ways.filter((way) => way.high - way.low > way.tolerance);
    if (open.length === 0) break;
    const middles = open.map(({ low, high }) => (high + low) / 2);
    const candidates = new Float32Array(open.length * pixels);
    open.forEach((way, i) => {
      imageAt(rowOf(candidates, i, pixels), way, middles[i], rowOf(x, way.row, pixels));
    });
    const wrong = await areAdversarial(
      walk,
      candidates,
      open.map(({ row }) => row),
    );
    open.forEach((way, i) => {
      if (wrong[i]) way.high = middles[i];
      else way.low = middles[i];
    });
  }
  for (const way of ways) {
    const image = rowOf(x, way.row, pixels);
    imageAt(image, way, way.high, image.slice());
  }
}

/**
 * Puts rows on random images that are adversarial, then on the border, in place.
 * @param attempts images that are tried for each row
 * @returns the rows for which there was one
 */
export async function randomStart(
  walk: BorderWalk,
  x: Float32Array,
  rows: readonly number[],
  attempts: number,
): Promise<number[]> {
  const { ask, batch, seed } = walk;
  const { pixels } = ask;
  let left = rows;
  for (let attempt = 0; attempt < attempts && left.length > 0; attempt++) {
    const candidates = new Float32Array(left.length * pixels);
    left.forEach((row, i) => {
      const source = { seed, stream: streamId(`hopskipjump.begin.${attempt}`), substream: batch.sample[row] };
      candidates.set(drawUniform(source, pixels), i * pixels);
    });
    const wrong = await areAdversarial(walk, candidates, left);
    left.forEach((row, i) => {
      if (wrong[i]) x.set(rowOf(candidates, i, pixels), row * pixels);
    });
    left = left.filter((_, i) => !wrong[i]);
  }
  const begun = rows.filter((row) => !left.includes(row));
  await toBorder(walk, x, begun, '2', FIRST_TOLERANCE);
  return begun;
}

/**
 * Jumps along directions, half as far until the landing is adversarial, in place.
 * @param directions [rows, pixels]
 * @param iteration from 1: the first jump is as long as the way to the original, later ones are shorter by its root
 */
export async function jump(
  walk: BorderWalk,
  x: Float32Array,
  rows: readonly number[],
  directions: Float64Array,
  iteration: number,
): Promise<void> {
  const { pixels } = walk.ask;
  const reach = rows.map((row) => distanceOf(walk, x, row) / Math.sqrt(iteration));
  let left = rows.map((_, i) => i);
  for (let halving = 0; halving < MOST_HALVINGS && left.length > 0; halving++) {
    const candidates = new Float32Array(left.length * pixels);
    left.forEach((i, k) => {
      const centre = rowOf(x, rows[i], pixels);
      for (let p = 0; p < pixels; p++)
        candidates[k * pixels + p] = clipPixel(centre[p] + reach[i] * directions[i * pixels + p]);
    });
    const wrong = await areAdversarial(
      walk,
      candidates,
      left.map((i) => rows[i]),
    );
    left.forEach((i, k) => {
      if (wrong[k]) x.set(rowOf(candidates, k, pixels), rows[i] * pixels);
      else reach[i] /= 2;
    });
    left = left.filter((_, k) => !wrong[k]);
  }
}
