import { InputError } from '../../../../base/errors.ts';
import { integer, type ValuesOf } from '../../../../base/parameter.ts';
import { defineAttack } from '../defineAttack.ts';
import type { Method, StepOutcome } from '../run/method.ts';
import { marked, rowOf } from '../run/rows.ts';
import { borderNormals } from '../steps/borders/borderNormals.ts';
import { type BorderWalk, distanceOf, jump, randomStart, toBorder } from '../steps/borders/borderWalk.ts';

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
  method: ({ classes }, _, settings) => hopSkipJumpMethod(classes, settings),
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

/** HopSkipJump as steps. */
function hopSkipJumpMethod(classes: number, settings: Settings): Method<HopSkipJumpState> {
  const { norm, eps, maxIter, initSize, seed } = settings;
  return {
    // The first finds where to begin; every other ends with a jump, the last with a last walk to the border.
    steps: maxIter + 1,
    images: ({ images }) => images,
    open: ({ images, size }) => ({
      images,
      distance: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
      x: images,
    }),
    step: async (state, { step, rows, batch, ask }) => {
      const { pixels } = ask;
      const tolerance = 0.01 / (norm === '2' ? Math.sqrt(pixels) : pixels);
      const walk: BorderWalk = { ask, batch, classes, norm, seed, tolerance };
      const next = { images: state.images.slice(), distance: state.distance.slice(), x: state.x.slice() };
      if (step === 1) keepNearest(walk, next, await randomStart(walk, next.x, rows, initSize));
      else await walkOn(walk, next, rows, step - 1, settings);
      return outcomeOf(next, rows, eps);
    },
  };
}

/** To the border, and along its normal away from it, in place. @param iteration from 1 */
async function walkOn(
  walk: BorderWalk,
  state: HopSkipJumpState,
  rows: readonly number[],
  iteration: number,
  { norm, initEval, maxEval }: Settings,
): Promise<void> {
  const { x } = state;
  const { pixels } = walk.ask;
  const radii = rows.map((row) => {
    if (iteration === 1) return 0.1;
    return (norm === '2' ? Math.sqrt(pixels) : pixels) * walk.tolerance * distanceOf(walk, x, row);
  });
  await toBorder(walk, x, rows);
  keepNearest(walk, state, rows);
  const count = Math.min(Math.trunc(initEval * Math.sqrt(iteration)), maxEval);
  const normals = await borderNormals(walk, x, rows, { iteration, count, radii });
  await jump(walk, x, rows, normals, iteration);
  keepNearest(walk, state, rows);
}

/** Keeps the images where rows stand that are nearer than those before, in place. */
function keepNearest(walk: BorderWalk, { images, distance, x }: HopSkipJumpState, rows: readonly number[]): void {
  const { pixels } = walk.ask;
  for (const row of rows) {
    const length = distanceOf(walk, x, row);
    if (!(length < distance[row])) continue;
    distance[row] = length;
    images.set(rowOf(x, row, pixels), row * pixels);
  }
}

/** Rows without an adversarial image are given up; within eps they are broken and finished. */
function outcomeOf(
  state: HopSkipJumpState,
  rows: readonly number[],
  eps: number | undefined,
): StepOutcome<HopSkipJumpState> {
  const { distance } = state;
  const found = marked(
    distance.length,
    rows.filter((row) => Number.isFinite(distance[row])),
  );
  const wrong = found.map((isFound, row) => isFound && (eps === undefined || distance[row] <= eps));
  return { state, wrong, finished: found.map((is, row) => !is || (eps !== undefined && wrong[row])) };
}
