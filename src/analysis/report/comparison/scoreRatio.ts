import { logarithmOf, ratioPart } from '../claims/wald.ts';
import type { TrashLine } from '../document.ts';
import type { Difference } from './difference.ts';

/** The second score over the first, the two intervals counting as independent; null where one has no interval. */
export function scoreRatio(first: TrashLine | null, second: TrashLine | null): Difference | null {
  const [one, other] = [first, second].map((line) => line && logarithmOf(line));
  if (one === null || other === null) return null;
  const wald = { value: other.value - one.value, standardError: Math.hypot(one.standardError, other.standardError) };
  const { estimate, lower, upper, p } = ratioPart('', wald);
  return { estimate, lower, upper, p: p ?? 1 };
}
