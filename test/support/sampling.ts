import { expect } from 'vitest';
import type { AttackOutcome } from '../../src/analysis/robustness/attacks/run/attack.ts';
import { type ReferenceRate, summary } from './attackReference.ts';

/**
 * Expects as many successes as the reference had, and as small a median distance, or better. Two runs of one random attack differ
 * by sampling error: two standard errors of the difference of two shares, and 10 % of the median.
 */
export function expectAsStrong(outcome: AttackOutcome, reference: ReferenceRate, total: number): void {
  const names = { inf: 'linf', '1': 'l1', '2': 'l2', '0': 'l0' } as const;
  const ours = summary(outcome, names[reference.norm]);
  const rate = reference.successes / total;
  const error = 2 * Math.sqrt(Math.max(2 * rate * (1 - rate), 1 / total) / outcome.records.length);
  expect(ours.successes / outcome.records.length).toBeGreaterThanOrEqual(rate - error);
  if (reference.medianDistance !== null)
    expect(ours.medianDistance).toBeLessThanOrEqual(reference.medianDistance * 1.1);
}
