import { normalQuantile } from '../../survival/index.ts';
import { ratioPart, type Wald } from '../claims/wald.ts';
import type { TrashLine } from '../document.ts';
import type { Difference } from './difference.ts';

/** The second score over the first, the two intervals counting as independent; null where one has no interval. */
export function scoreRatio(first: TrashLine | null, second: TrashLine | null): Difference | null {
  const [one, other] = [logarithm(first), logarithm(second)];
  if (one === null || other === null) return null;
  const wald = { value: other.value - one.value, standardError: Math.hypot(one.standardError, other.standardError) };
  const { estimate, lower, upper, p } = ratioPart('', wald);
  return { estimate, lower, upper, p: p ?? 1 };
}

/** 97.5 % quantile of the normal distribution, which both limits lie away. */
const LIMIT = normalQuantile(0.975);

function logarithm(line: TrashLine | null): Wald | null {
  const { value, lower, upper } = line ?? { value: null, lower: null, upper: null };
  if (value === null || lower === null || upper === null) return null;
  return { value: Math.log(value), standardError: Math.log(upper / lower) / (2 * LIMIT) };
}
