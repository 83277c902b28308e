import { addRuns, type ExecutableRuns } from './executableRuns.ts';
import type { SampleCost } from './record.ts';

/** Who of a batch still holds out, and what each has been charged: the source of every attack's records. */
export interface Ledger {
  /** Still attacked. A sample pays until it is broken; attacks that look for a smaller distance go on with it unpaid. */
  readonly active: readonly boolean[];
  /** The step, from 1, at which the model was first wrong. */
  readonly firstStep: readonly (number | null)[];
  readonly costs: readonly SampleCost[];
}

/** What a sample asked of the model in a step. */
export type Usage = Omit<SampleCost, 'seconds' | 'runs'>;

/** What a step costs when each sample asks the same. */
export interface StepPrice extends Usage {
  /** Wall seconds of the whole batch's step. */
  readonly seconds: number;
}

const FREE: SampleCost = { seconds: 0, queries: 0, gradients: 0, flops: 0 };

/** A ledger in which nobody has paid. @param active who is attacked at all */
export function openLedger(active: readonly boolean[]): Ledger {
  return { active: [...active], firstStep: active.map(() => null), costs: active.map(() => FREE) };
}

/** What a step did. */
export interface StepResult {
  /** From 1. */
  readonly step: number;
  /** Wall seconds of the whole batch's step. */
  readonly seconds: number;
  /** How often executables ran in the whole batch's step. */
  readonly runs?: ExecutableRuns;
  readonly asked: readonly Usage[];
  /** Whom the model misclassifies after the step. */
  readonly wrong: readonly boolean[];
  /** Samples that the attack has finished with. */
  readonly finished: readonly boolean[];
}

/**
 * Charges a step, the seconds and runs in equal shares to all that are active, and retires those that the attack has finished.
 * Queries, gradients and operations are an image's own, so they do not depend on who else was in the batch.
 */
export function settleStep(ledger: Ledger, { step, seconds, runs, asked, wrong, finished }: StepResult): Ledger {
  const payers = ledger.active.filter(Boolean).length;
  const pays = (i: number) => ledger.active[i] && ledger.firstStep[i] === null;
  // Whoever paid for the same steps has the same sum, which is added up once.
  const sums = new Map<ExecutableRuns | undefined, ExecutableRuns>();
  const sumOf = (paid: ExecutableRuns | undefined, more: ExecutableRuns): ExecutableRuns => {
    const sum = sums.get(paid) ?? addRuns(paid ?? {}, more, 1 / payers);
    sums.set(paid, sum);
    return sum;
  };
  return {
    active: ledger.active.map((active, i) => active && !finished[i]),
    firstStep: ledger.firstStep.map((first, i) => (pays(i) && wrong[i] ? step : first)),
    costs: ledger.costs.map((cost, i) =>
      pays(i)
        ? {
            seconds: cost.seconds + seconds / payers,
            queries: cost.queries + asked[i].queries,
            gradients: cost.gradients + asked[i].gradients,
            flops: cost.flops + asked[i].flops,
            ...(runs && { runs: sumOf(cost.runs, runs) }),
          }
        : cost,
    ),
  };
}

/** `settleStep` where all ask the same, and are finished once they are wrong. */
export function charge(ledger: Ledger, step: number, price: StepPrice, wrong: readonly boolean[]): Ledger {
  const asked = ledger.active.map(() => price);
  return settleStep(ledger, { step, seconds: price.seconds, asked, wrong, finished: wrong });
}

/** Retires rows whose budget is spent. */
export function release(ledger: Ledger, spent: (cost: SampleCost, row: number) => boolean): Ledger {
  return { ...ledger, active: ledger.active.map((active, i) => active && !spent(ledger.costs[i], i)) };
}
