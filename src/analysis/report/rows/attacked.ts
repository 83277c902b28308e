import type { FinishedAttack, FinishedTraining } from './finished.ts';
import type { Condition } from './rows.ts';

/** An attack with what it was made under, and the training that it started from. */
export interface Attacked {
  readonly attack: FinishedAttack;
  readonly condition: Condition;
  readonly training: FinishedTraining | undefined;
}

/** An attack at a strength: `pgd eps 0.1`. */
export function strategyName({ attack, eps, pixels }: Pick<Condition, 'attack' | 'eps' | 'pixels'>): string {
  if (eps !== null) return `${attack} eps ${Number(eps.toPrecision(4))}`;
  return pixels === null ? attack : `${attack} th ${pixels}`;
}
