import type { SampleCost } from './record.ts';

/** Who of a batch still holds out, and what each has been charged: the source of every attack's records. */
export interface Ledger {
  /** Still classified rightly, and still paying. */
  readonly active: readonly boolean[];
  /** The step, from 1, at which the model was first wrong. */
  readonly firstStep: readonly (number | null)[];
  readonly costs: readonly SampleCost[];
}

/** What a step costs. */
export interface StepPrice {
  /** Wall seconds of the whole batch's step. */
  readonly seconds: number;
  /** Of each image. */
  readonly queries: number;
  readonly gradients: number;
  readonly flops: number;
}

const FREE: SampleCost = { seconds: 0, queries: 0, gradients: 0, flops: 0 };

/** A ledger in which nobody has paid. @param active who is attacked at all */
export function openLedger(active: readonly boolean[]): Ledger {
  return { active: [...active], firstStep: active.map(() => null), costs: active.map(() => FREE) };
}

/**
 * Charges a step to the active samples, seconds in equal shares, and retires those that are now wrong. Queries, gradients and
 * operations are an image's own, so they do not depend on who else was in the batch.
 * @param step from 1
 * @param wrong whom the model misclassifies after the step
 */
export function charge(ledger: Ledger, step: number, price: StepPrice, wrong: readonly boolean[]): Ledger {
  const paying = ledger.active.filter(Boolean).length;
  const share = price.seconds / paying;
  return {
    active: ledger.active.map((active, i) => active && !wrong[i]),
    firstStep: ledger.firstStep.map((first, i) => (ledger.active[i] && wrong[i] ? step : first)),
    costs: ledger.costs.map((cost, i) =>
      ledger.active[i]
        ? {
            seconds: cost.seconds + share,
            queries: cost.queries + price.queries,
            gradients: cost.gradients + price.gradients,
            flops: cost.flops + price.flops,
          }
        : cost,
    ),
  };
}
