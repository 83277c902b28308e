/** How often executables ran, by their names; a share of a batch's runs is a fraction. */
export type ExecutableRuns = Readonly<Record<string, number>>;

/** What ran between two counts of one classifier. */
export function runsBetween(before: ExecutableRuns, after: ExecutableRuns): ExecutableRuns {
  const since = Object.entries(after).map(([name, runs]) => [name, runs - (before[name] ?? 0)] as const);
  return Object.fromEntries(since.filter(([, runs]) => runs > 0));
}

/** The sum, with each of the second's counts multiplied by a share. */
export function addRuns(sum: ExecutableRuns, more: ExecutableRuns, share: number): ExecutableRuns {
  const total: Record<string, number> = { ...sum };
  for (const [name, runs] of Object.entries(more)) total[name] = (total[name] ?? 0) + share * runs;
  return total;
}
