import type { ImageShape } from '../../../../models/index.ts';
import { DISTANCE_IN } from '../../robustnessCurve.ts';
import type { AttackNorm } from '../defineAttack.ts';
import type { Batch } from '../run/batch.ts';
import { distances } from '../run/distances.ts';
import type { AnyMethod, Method, Price, StepContext, StepOutcome } from '../run/method.ts';
import { marked, rowOf } from '../run/rows.ts';

/** An attack of a sequence. */
export interface Stage {
  readonly method: AnyMethod;
  /** The ball in which an adversarial image is a success, of an attack that looks for the nearest. */
  readonly within?: { readonly norm: AttackNorm; readonly radius: number };
}

interface SequenceState {
  readonly stage: number;
  readonly inner: unknown;
  readonly images: Float32Array;
  /** Rows that the stage has ended with, though it did not break them. */
  readonly resting: readonly boolean[];
  /** Rows for which the stage has found an adversarial image, however far. */
  readonly found: readonly boolean[];
}

/** What a stage asks of a row where it does not say so beforehand. */
const LEAST: Price = { queries: 1, gradients: 0 };

/**
 * Several attacks one after the other, each on those who withstood the ones before. All are opened at once, so that opening is charged in
 * none, and a saved attack goes on in any.
 * @param shape of the images
 */
export function sequence(stages: readonly Stage[], shape: ImageShape): Method<SequenceState> {
  const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, { method }) => sum + method.steps, 0));
  const stageOf = (step: number) => ends.findIndex((end) => step <= end);
  const placeIn = (stage: number, step: number) => step - (stage === 0 ? 0 : ends[stage - 1]);
  let fresh: readonly unknown[] = [];
  const begun = (stage: number, { images, size }: Batch): SequenceState => ({
    stage,
    inner: fresh[stage],
    images,
    resting: marked(size, []),
    found: marked(size, []),
  });
  return {
    steps: ends[ends.length - 1],
    images: ({ images }) => images,
    price: (step) => {
      const stage = stageOf(step);
      const { price = LEAST } = stages[stage].method;
      return typeof price === 'function' ? price(placeIn(stage, step)) : price;
    },
    open: async (batch, ask) => {
      const states: unknown[] = [];
      for (const { method } of stages) states.push(await method.open(batch, ask));
      fresh = states;
      return begun(0, batch);
    },
    step: async (before, context) => {
      const stage = stageOf(context.step);
      const { batch } = context;
      const state = stage === before.stage ? before : { ...begun(stage, batch), images: before.images };
      const rows = context.rows.filter((row) => !state.resting[row]);
      if (rows.length === 0) return { state, wrong: marked(batch.size, []) };
      const place = placeIn(stage, context.step);
      const inner = { ...context, step: place, rows, active: marked(batch.size, rows) };
      const outcome = await stages[stage].method.step(state.inner, inner);
      return settled(state, inner, outcome, await imagesOf(stages[stage], outcome), stages[stage], shape);
    },
    store: async (state) => {
      const { store } = stages[state.stage].method;
      return store === undefined ? state : { ...state, inner: await store(state.inner) };
    },
    close: () => {
      for (const { method } of stages) method.close?.();
    },
  };
}

const imagesOf = ({ method }: Stage, { state }: StepOutcome<unknown>) => method.images(state);

/** What a step of a stage comes to: rows that an earlier stage broke keep the image that broke them. */
function settled(
  before: SequenceState,
  { batch, rows, ask: { pixels } }: StepContext,
  { state: inner, wrong: misled, finished: ended = misled, magnitudes }: StepOutcome<unknown>,
  latest: Float32Array,
  { within }: Stage,
  shape: ImageShape,
): StepOutcome<SequenceState> {
  const images = before.images.slice();
  const found = [...before.found];
  const resting = [...before.resting];
  const wrong = marked(batch.size, []);
  for (const row of rows) {
    images.set(rowOf(latest, row, pixels), row * pixels);
    found[row] ||= misled[row];
    wrong[row] =
      within === undefined
        ? misled[row]
        : found[row] && distanceOf(rowOf(batch.images, row, pixels), rowOf(latest, row, pixels)) <= within.radius;
    resting[row] = ended[row] && !wrong[row];
  }
  function distanceOf(original: Float32Array, image: Float32Array): number {
    return distances(original, image, shape)[DISTANCE_IN[within?.norm ?? 'inf']];
  }
  return { state: { ...before, inner, images, found, resting }, wrong, finished: wrong, magnitudes };
}
