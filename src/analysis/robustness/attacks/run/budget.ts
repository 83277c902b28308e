import { InputError } from '../../../../base/errors.ts';
import type { SampleCost } from './record.ts';

/**
 * The most that may be spent on one sample. Unbroken samples whose budget is spent are let go, right-censored. Attacks whose steps
 * cost different numbers of queries finish the step in which they overrun; so does `maxSeconds` always.
 */
export interface Budget {
  /** A sample's shares of wall seconds. */
  readonly maxSeconds?: number;
  readonly maxQueries?: number;
  readonly maxGradients?: number;
}

/** Whether a sample that has paid this can pay no further step. @param price of the next step, where it is known */
export function isSpent(
  { maxSeconds, maxQueries, maxGradients }: Budget,
  cost: SampleCost,
  price: { readonly queries: number; readonly gradients: number } = { queries: 1, gradients: 0 },
): boolean {
  const limit = (value: number | undefined) => value ?? Number.POSITIVE_INFINITY;
  return (
    cost.seconds >= limit(maxSeconds) ||
    cost.queries + price.queries > limit(maxQueries) ||
    cost.gradients + price.gradients > limit(maxGradients)
  );
}

/** @throws InputError when a budget is not above 0 */
export function checkBudget(attack: string, budget: Budget): void {
  const { maxSeconds, maxQueries, maxGradients } = budget;
  for (const [name, value] of Object.entries({
    max_seconds: maxSeconds,
    max_queries: maxQueries,
    max_gradients: maxGradients,
  }))
    if (value !== undefined && !(value > 0)) throw new InputError(`${attack}: ${name} is ${value}; it must be above 0`);
}
