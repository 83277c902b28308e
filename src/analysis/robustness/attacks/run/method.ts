import type { Classifier } from '../../classifier/classifier.ts';
import type { Batch, BatchOutcome } from './batch.ts';
import { type Budget, isSpent } from './budget.ts';
import { runsBetween } from './executableRuns.ts';
import { type Ledger, openLedger, release, settleStep, type Usage } from './ledger.ts';
import { type MaskingSigns, noSigns, observe } from './masking.ts';
import { openQuestions, type Questions } from './questions.ts';

/** One step's surroundings. */
export interface StepContext {
  readonly batch: Batch;
  /** From 1. */
  readonly step: number;
  /** Whom to attack, and the same as indices. */
  readonly active: readonly boolean[];
  readonly rows: readonly number[];
  readonly ask: Questions;
}

/** What a step leads to. */
export interface StepOutcome<S> {
  readonly state: S;
  /** Rows that were misclassified in this step, in the way that the attack is after. */
  readonly wrong: readonly boolean[];
  /** Rows that the attack does not continue with; `wrong` unless given. */
  readonly finished?: readonly boolean[];
  /** Absolute sums of the gradients that the step followed, for each row. */
  readonly magnitudes?: ArrayLike<number>;
}

/**
 * An attack on a batch as steps over a state. A state is plain data, or `store` makes it so: that is what is saved to go on later.
 * Nothing that a row's state holds may depend on the other rows, so that the batch size changes no bit.
 */
export interface Method<S> {
  readonly steps: number;
  /** What the state is before the first step. Asking the model here is not charged. */
  open(batch: Batch, ask: Questions): S | Promise<S>;
  step(state: S, context: StepContext): Promise<StepOutcome<S>>;
  /** The images [size, C, H, W] so far: for each row the best adversarial one, or the latest. */
  images(state: S): Float32Array | Promise<Float32Array>;
  /**
   * Whether the model told, in `step`, the class of every image that `images` gives: where that was never wrong,
   * nothing is left to ask.
   */
  readonly asksOfImages?: true;
  store?(state: S): Promise<S>;
  /** The most that a row asks in a step, from 1, each gradient asking once, where that is known beforehand: no budget is overrun then. */
  readonly price?: Price | ((step: number) => Price);
  /** Frees what `open` made. */
  close?(): void;
}

/** What a row asks. */
export interface Price {
  readonly queries: number;
  readonly gradients: number;
}

/** What a row asks in a step where that is not known beforehand: once at least. */
const LEAST_PRICE: Price = { queries: 1, gradients: 0 };

/** What one step of an attack asked and found. */
export interface WatchedStep {
  /** From 1; 0 of what the attack asks before its first step. */
  readonly step: number;
  /** Rows that were attacked. */
  readonly rows: readonly number[];
  /** The sample of each row. */
  readonly sample: readonly number[];
  readonly asked: readonly Usage[];
  /** Rows that are broken; `images` then holds the best adversarial image of each so far. */
  readonly broken: readonly boolean[];
  readonly images: Float32Array;
}

/** Follows an attack step by step, and may retire samples, broken ones, too. */
export interface AttackWatch {
  /** Whether a sample cannot pay a step of this price. */
  isSpent(sample: number, price: Price): boolean;
  observe(step: WatchedStep): void;
}

/** The price when every question is asked so many times. */
const priceAt = ({ queries, gradients }: Price, draws: number): Price => ({
  queries: queries * draws,
  gradients: gradients * draws,
});

/** A method without the type of its state, which only the method itself looks at. */
export type AnyMethod = Method<unknown>;

/** Where a batch stands after a step. */
export interface BatchState {
  readonly step: number;
  readonly state: unknown;
  readonly ledger: Ledger;
  readonly signs: MaskingSigns;
}

export interface BatchOptions {
  readonly budget: Budget;
  /** Go on from here. */
  readonly resume?: BatchState;
  readonly watch?: AttackWatch;
  /** After every step; `take` gives what to go on from. */
  onStep(step: number, holding: number, take: () => Promise<BatchState>): void | Promise<void>;
}

/** Attacks a batch step by step until every sample is finished, the steps are over, or the budgets are spent. */
export async function runMethod(
  classifier: Classifier,
  batch: Batch,
  method: AnyMethod,
  { budget, resume, watch, onStep }: BatchOptions,
): Promise<BatchOutcome> {
  const ask = openQuestions(classifier, batch.size);
  const fresh = resume === undefined ? await method.open(batch, ask) : undefined;
  let state = resume === undefined ? fresh : resume.state;
  if (resume !== undefined) await method.open(batch, ask);
  const opening = ask.take();
  const activeRows = (active: readonly boolean[]) => active.flatMap((isActive, i) => (isActive ? [i] : []));
  watch?.observe({
    ...{ step: 0, rows: activeRows(batch.active), sample: batch.sample, asked: opening.asked },
    ...{ broken: batch.active.map(() => false), images: batch.images },
  });
  let ledger = resume?.ledger ?? openLedger(batch.active);
  let signs = resume?.signs ?? noSigns;
  const priceOf = (step: number): Price | undefined => {
    const price = typeof method.price === 'function' ? method.price(step) : method.price;
    return price && priceAt(price, classifier.expectationSamples);
  };
  let before = classifier.runs();
  try {
    for (let step = (resume?.step ?? 0) + 1; step <= method.steps; step++) {
      const price = priceOf(step);
      ledger = release(
        ledger,
        (cost, row) =>
          isSpent(budget, cost, price) || (watch?.isSpent(batch.sample[row], price ?? LEAST_PRICE) ?? false),
      );
      const { active } = ledger;
      if (!active.some(Boolean)) break;
      const rows = activeRows(active);
      const began = performance.now();
      const outcome = await method.step(state, { batch, step, active, rows, ask });
      const { asked, compileSeconds } = ask.take();
      const seconds = Math.max(0, (performance.now() - began) / 1000 - compileSeconds);
      const { wrong, finished = wrong, magnitudes } = outcome;
      if (magnitudes !== undefined) signs = observe(signs, magnitudes, active);
      const after = classifier.runs();
      const runs = runsBetween(before, after);
      before = after;
      ledger = settleStep(ledger, { step, seconds, runs, asked, wrong, finished });
      state = outcome.state;
      if (watch !== undefined) {
        const broken = ledger.firstStep.map((first) => first !== null);
        watch.observe({ step, rows, sample: batch.sample, asked, broken, images: await method.images(state) });
      }
      const now = { step, state, ledger, signs };
      const take = async () => ({ ...now, state: (await method.store?.(now.state)) ?? now.state });
      await onStep(step, ledger.firstStep.filter((first, i) => batch.active[i] && first === null).length, take);
    }
    return { ledger, images: await method.images(state), signs };
  } finally {
    method.close?.();
  }
}
