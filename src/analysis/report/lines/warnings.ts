import { groupBy } from '../../../base/groupBy.ts';
import type { AdapterDescription } from '../../../engine/index.ts';
import { describeTrial, type FinishedTrial, type Labels } from '../../study/index.ts';
import type { FinishedAttack } from '../rows/finished.ts';

/** What a reader should know before believing the figures: missing trials, several adapters, what attacks warned of. */
export function runWarnings(
  finished: readonly FinishedTrial[],
  planned: number,
  attacks: readonly FinishedAttack[],
  labels: Labels,
): string[] {
  const warnings: string[] = [];
  if (finished.length < planned) {
    warnings.push(`${planned - finished.length} of ${planned} trials are missing; run the study again to compute them`);
  }
  const adapters = [...new Set(finished.map(({ adapter }) => describeAdapter(adapter)))];
  if (adapters.length > 1) {
    warnings.push(
      `the trials ran on ${adapters.length} adapters (${adapters.join('; ')}): their seconds cannot be compared`,
    );
  }
  const all = attacks.flatMap(({ trial, result }) => result.warnings.map((warning) => ({ trial, warning })));
  // The same warning comes with other numbers from attack to attack; the report's attack lines hold them all.
  for (const alike of groupBy(all, ({ warning }) => warning.replace(/[0-9.]+/g, '#'))) {
    const [{ trial, warning }] = alike;
    const where = describeTrial(trial, labels);
    const others = alike.length > 1 ? `${alike.length} of ${attacks.length} attacks, the first of them ` : '';
    warnings.push(`${others}${where}: ${warning}`);
  }
  return warnings;
}

/** An adapter on one line. */
export function describeAdapter({ name, driver, backend, software }: AdapterDescription): string {
  return `${name}, ${driver}, ${backend}${software ? ', software' : ''}`;
}
