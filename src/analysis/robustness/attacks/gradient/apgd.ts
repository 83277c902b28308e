import { InputError } from '../../../../base/errors.ts';
import { integer, yesOrNo } from '../../../../base/parameter.ts';
import type { LossName } from '../../losses.ts';
import type { NormName } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import type { Method, StepContext, StepOutcome } from '../run/method.ts';
import { gather, gatherLabels, largestPlace, lengthOf, marked, rowOf } from '../run/rows.ts';
import { type ApgdState, freshState } from '../steps/apgd/apgdRule.ts';
import { denseApgd } from '../steps/apgd/denseApgd.ts';
import { beginFromBest, sparseApgd } from '../steps/apgd/sparseApgd.ts';
import { logitsOfOriginals, otherClass } from '../steps/likeliestClasses.ts';

export type ApgdLoss = Extract<LossName, 'cross-entropy' | 'dlr' | 'targeted-dlr'>;

export interface ApgdSettings {
  readonly norm: NormName;
  readonly maxIter: number;
  readonly loss: ApgdLoss;
  /** Whether a start begins in larger balls, which shrink to that of eps; in L1 only. */
  readonly shrinking?: boolean;
  /** Whether a step that was kept at one check is halved at the next, whatever the loss did; not in L1. */
  readonly keepOnce?: boolean;
  /** Random starts, each for those samples that withstood the ones before. With `targeted-dlr`, for each target. */
  readonly numRandomInit: number;
  /** How many of the likeliest other classes are targets, one after the other; with `targeted-dlr` only. */
  readonly targets: number;
  readonly seed: number;
}

/** What all three have in common. */
const common = {
  source: 'arXiv 2003.01690, 2103.01208',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  check: ({ norm, keepOnce }: { readonly norm: NormName; readonly keepOnce?: boolean }) => {
    if (norm === '1' && keepOnce)
      throw new InputError(
        'apgd: keep_once is about steps that are halved, which L1 has not; the norm must be inf or 2',
      );
  },
} as const;

const parameters = {
  maxIter: integer({ from: 1, default: 100, about: 'steps' }),
  numRandomInit: integer({ from: 1, default: 1, about: 'random starts' }),
  // Optional, so that attacks without it are the trials that they were.
  keepOnce: yesOrNo({
    optional: true,
    about: 'a step kept at one check is halved at the next, as in adv-lib 0.2.8: nearer in few steps',
  }),
};

/**
 * Auto-PGD on the cross-entropy (Croce and Hein, arXiv 2003.01690, algorithm 1): momentum, and a step size that is halved when the loss
 * has not risen often enough, going back to the best point then; in L1 steps that change few pixels (arXiv 2103.01208). A sample stops
 * when it is misclassified.
 */
export const apgdCrossEntropy = defineAttack({
  ...common,
  name: 'apgd-ce',
  title: 'APGD-CE',
  about: 'PGD that chooses its step size, on the cross-entropy',
  parameters,
  passes: ({ maxIter, numRandomInit }) => maxIter * WITH_GRADIENT * numRandomInit,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'cross-entropy', targets: 1 }),
});

/** Auto-PGD on the difference of logits ratio (Croce and Hein, arXiv 2003.01690, section 5). */
export const apgdDlr = defineAttack({
  ...common,
  name: 'apgd-dlr',
  title: 'APGD-DLR',
  about: 'PGD that chooses its step size, on the difference of logits ratio',
  parameters,
  passes: ({ maxIter, numRandomInit }) => maxIter * WITH_GRADIENT * numRandomInit,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'dlr', targets: 1 }),
});

/** Auto-PGD on the targeted difference of logits ratio, with one target after the other (Croce and Hein, arXiv 2003.01690, section 5). */
export const apgdTargeted = defineAttack({
  ...common,
  name: 'apgd-t',
  title: 'APGD-T',
  about: 'PGD that chooses its step size, towards one class after the other',
  parameters: {
    ...parameters,
    targets: integer({ from: 1, default: 9, about: 'likeliest other classes that are aimed at, one after the other' }),
  },
  passes: ({ maxIter, targets }) => maxIter * WITH_GRADIENT * targets,
  method: ({ classes }, _, settings) => apgdMethod(classes, { ...settings, loss: 'targeted-dlr' }),
});

/** A part of a start: so many steps in balls of so many times eps. */
interface Phase {
  readonly factor: number;
  readonly iterations: number;
}

/** One phase, or for `shrinking` balls of 3, 2 and 1 times eps with 30, 30 and 40 % of the steps (arXiv 2103.01208, section 4.2). */
function phasesOf(maxIter: number, shrinking: boolean): readonly Phase[] {
  if (!shrinking) return [{ factor: 1, iterations: maxIter }];
  const first = Math.min(Math.ceil(0.3 * maxIter), Math.floor(maxIter / 2));
  return [
    { factor: 3, iterations: first },
    { factor: 2, iterations: first },
    { factor: 1, iterations: maxIter - 2 * first },
  ];
}

/** APGD as steps; each phase of a start takes one step more than its iterations, to look at where it begins. */
export function apgdMethod(classes: number, settings: ApgdSettings): Method<ApgdState> {
  const { norm, maxIter, loss, numRandomInit, shrinking = false, keepOnce = false, seed } = settings;
  const isTargeted = loss === 'targeted-dlr';
  const targets = isTargeted ? Math.min(settings.targets, classes - 1) : 1;
  const rule = norm === '1' ? sparseApgd : denseApgd(norm, keepOnce);
  const phases = phasesOf(maxIter, shrinking);
  const places = phases.flatMap(({ factor, iterations }, phase) =>
    Array.from({ length: iterations + 1 }, (_, at) => ({ factor, phase, at })),
  );
  const checks = phases.map(({ iterations }) => rule.checkpoints(iterations));

  /** The classes, beside the labels, that the loss is about. */
  const othersOf = ({ originalLogits }: ApgdState, { rows, batch: { labels } }: StepContext, target: number) =>
    isTargeted
      ? Int32Array.from(rows, (row) => otherClass(rowOf(originalLogits, row, classes), labels[row], target))
      : gatherLabels(labels, rows);

  return {
    steps: places.length * numRandomInit * targets,
    images: ({ images }) => images,
    price: { queries: 1, gradients: 1 },
    asksOfImages: true,
    open: ({ images, size }) => freshState(images, size, classes, maxIter + 1),
    step: async (state, context) => {
      const { factor, phase, at } = places[(context.step - 1) % places.length];
      const round = Math.floor((context.step - 1) / places.length);
      const target = Math.floor(round / numRandomInit);
      const radii = Float64Array.from(context.batch.strength, (eps) => factor * eps);
      // In a larger ball no image is a success, and none is kept.
      const counted = (outcome: StepOutcome<ApgdState>): StepOutcome<ApgdState> => {
        if (factor === 1) return outcome;
        return { ...outcome, state: { ...outcome.state, images: state.images }, wrong: marked(context.batch.size, []) };
      };
      if (at > 0) {
        const moved = rule.advance(state, context, radii, at);
        const seen = await look(moved, context, { loss, others: othersOf(moved, context, target), at });
        const place = checks[phase].indexOf(at);
        if (place < 0) return counted(seen);
        return counted({ ...seen, state: rule.adapt(seen.state, context, radii, checks[phase][place - 1] ?? 0, at) });
      }
      const originalLogits =
        isTargeted && round === 0 && phase === 0
          ? await logitsOfOriginals(state.originalLogits, context, classes)
          : state.originalLogits;
      const begun =
        phase === 0 ? rule.begin(state, context, { radii, seed, round }) : beginFromBest(state, context, radii);
      const started = { ...begun, originalLogits, previous: begun.x, best: begun.x };
      const seen = await look(started, context, { loss, others: othersOf(started, context, target), at });
      const reduced = new Array<boolean>(context.batch.size).fill(true);
      return counted({ ...seen, state: { ...seen.state, checked: { bestLoss: seen.state.bestLoss, reduced } } });
    },
  };
}

/** Asks for loss and gradient at `x`, and keeps what is best. @param at the step of its start, from 0 */
async function look(
  state: ApgdState,
  { rows, batch, ask }: StepContext,
  { loss, others, at }: { readonly loss: ApgdLoss; readonly others: Int32Array; readonly at: number },
): Promise<StepOutcome<ApgdState>> {
  const { pixels } = ask;
  const labels = gatherLabels(batch.labels, rows);
  const answer = await ask.gradients({ loss, images: gather(state.x, rows, pixels), rows, labels, others });
  const classes = answer.logits.length / rows.length;
  const next = {
    ...state,
    images: state.images.slice(),
    gradient: state.gradient.slice(),
    best: state.best.slice(),
    bestGradient: state.bestGradient.slice(),
    bestLoss: state.bestLoss.slice(),
    losses: state.losses.slice(),
  };
  const magnitudes = new Float64Array(batch.size);
  const wrong = marked(batch.size, []);
  rows.forEach((row, i) => {
    const image = rowOf(state.x, row, pixels);
    const gradient = rowOf(answer.gradients, i, pixels);
    magnitudes[row] = lengthOf(gradient, '1');
    next.images.set(image, row * pixels);
    next.gradient.set(gradient, row * pixels);
    next.losses[at * batch.size + row] = answer.losses[i];
    wrong[row] = largestPlace(rowOf(answer.logits, i, classes)) !== batch.labels[row];
    if (at > 0 && !(answer.losses[i] > state.bestLoss[row])) return;
    next.best.set(image, row * pixels);
    next.bestGradient.set(gradient, row * pixels);
    next.bestLoss[row] = answer.losses[i];
  });
  return { state: next, wrong, magnitudes };
}
