import type { ConformanceCase } from './case.ts';
import type { Outcome } from './runCase.ts';

/** Cases of one operator or suite, at most. */
const MOST = 3;
/** Characters of a case's line, at most. */
const LONGEST = 12_000;

/** Lines of small cases that passed, a few of each operator from the first to the last: what tests run every time. */
export function fixtureOf(lines: readonly string[], outcomes: readonly Outcome[]): string {
  const passed = new Set(outcomes.filter(({ outcome }) => outcome === 'passed').map(({ name }) => name));
  const byOperator = new Map<string, string[]>();
  for (const line of lines) {
    const { name, operator } = JSON.parse(line) as ConformanceCase;
    if (line.length > LONGEST || !passed.has(name) || name.includes('_expanded')) continue;
    byOperator.set(operator, [...(byOperator.get(operator) ?? []), line]);
  }
  const chosen = [...byOperator.values()].flatMap((all) => {
    const count = Math.min(MOST, all.length);
    return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]);
  });
  return chosen.map((line) => `${line}\n`).join('');
}
