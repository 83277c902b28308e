import { integer } from '../../../../base/parameter.ts';
import { defineAttack } from '../defineAttack.ts';
import { clipPixel } from '../run/rows.ts';
import { isMisclassified, type LabelSearch, labelSearchMethod, type Subject } from '../steps/labels/labelSearch.ts';

/**
 * RayS (Chen and Gu, arXiv 2006.12792, algorithm 3; the authors' program): directions of signs alone, of which blocks, ever smaller ones,
 * are turned where the border is nearer then. It asks for classes only, one a step, and draws no random numbers.
 */
export const rays = defineAttack({
  name: 'rays',
  title: 'RayS',
  about: 'turns the signs of ever smaller blocks where the border is nearer then',
  source: 'arXiv 2006.12792',
  asks: 'classes',
  strength: 'optional eps',
  norms: ['inf'],
  parameters: { queryLimit: integer({ from: 1, default: 10000, about: 'queries' }) },
  passes: ({ queryLimit }) => queryLimit,
  method: (classifier, _, { norm, eps, queryLimit }) =>
    labelSearchMethod(classifier, { norm, eps, steps: queryLimit, queries: queryLimit, price: 1, search: raysSearch }),
});

/** Largest error of a search along a direction, in L2 (the authors' value). */
const TOLERANCE = 1e-3;

/** Goes on for ever: who asks decides when it is enough. Distances are L2, in float32 as in the authors' program. */
function* raysSearch({ original }: Subject): LabelSearch {
  const pixels = original.length;
  const longest = Math.fround(Math.sqrt(pixels));
  const direction = new Float32Array(pixels).fill(1 / longest);
  let nearest = Number.POSITIVE_INFINITY;
  for (let level = 0; ; level++) {
    const length = Math.ceil(pixels / 2 ** level);
    for (let start = 0; start < pixels; start += length) {
      turn(direction, start, length);
      const found = yield* nearerBorder(original, direction, nearest, longest);
      if (found < nearest) nearest = found;
      else turn(direction, start, length);
    }
  }
}

/** Turns the signs of a block, in place. */
function turn(direction: Float32Array, start: number, length: number): void {
  const end = Math.min(direction.length, start + length);
  for (let p = start; p < end; p++) direction[p] = -direction[p];
}

/**
 * How far the border lies along a direction, where that is nearer than `nearest`; `nearest` otherwise.
 * @param longest the distance at which every pixel has reached black or white
 */
function* nearerBorder(
  original: Float32Array,
  direction: Float32Array,
  nearest: number,
  longest: number,
): LabelSearch<number> {
  const at = (distance: number) => original.map((pixel, p) => clipPixel(pixel + Math.fround(distance * direction[p])));
  if (!(yield* isMisclassified(at(nearest)))) return nearest;
  let low = 0;
  let high = Math.min(nearest, longest);
  do {
    const middle = Math.fround((low + high) / 2);
    if (yield* isMisclassified(at(middle))) high = middle;
    else low = middle;
  } while (Math.fround(high - low) > TOLERANCE);
  return high;
}
