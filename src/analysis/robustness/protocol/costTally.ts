import type { AttackOutcome } from '../attacks/run/attack.ts';
import type { Findings } from '../attacks/run/batch.ts';
import { addRuns } from '../attacks/run/executableRuns.ts';
import type { SampleCost } from '../attacks/run/record.ts';
import { FILLER, type WatchedSample } from './passWatch.ts';

/** Adds up what samples paid over several runs of an attack, until each was broken. */
export interface CostTally {
  readonly costs: readonly SampleCost[];
  /** Images of which something was suspicious, in the run in which these were most. */
  readonly found: Findings;
  /**
   * Adds what a run cost the samples that were not broken before it.
   * @param numbers of the run's samples among all, `FILLER` of those that only fill up
   * @param watched all samples after the run
   */
  add(numbers: readonly number[], run: AttackOutcome, watched: readonly WatchedSample[]): void;
}

export function openCostTally(samples: number): CostTally {
  const costs: SampleCost[] = Array.from({ length: samples }, () => ({
    ...{ seconds: 0, queries: 0, gradients: 0, flops: 0 },
  }));
  const broken = costs.map(() => false);
  let found: Findings = { zero: 0, notFinite: 0, lost: 0 };
  return {
    costs,
    get found() {
      return found;
    },
    add: (numbers, run, watched) => {
      numbers.forEach((number, k) => {
        if (number === FILLER || broken[number]) return;
        costs[number] = sum(costs[number], run.records[k].cost);
        broken[number] = watched[number].firstStep !== null;
      });
      const most = (key: keyof Findings) => Math.max(found[key], run.found[key]);
      found = { zero: most('zero'), notFinite: most('notFinite'), lost: most('lost') };
    },
  };
}

function sum(a: SampleCost, b: SampleCost): SampleCost {
  return {
    seconds: a.seconds + b.seconds,
    queries: a.queries + b.queries,
    gradients: a.gradients + b.gradients,
    flops: a.flops + b.flops,
    ...(b.runs && { runs: addRuns(a.runs ?? {}, b.runs, 1) }),
  };
}
