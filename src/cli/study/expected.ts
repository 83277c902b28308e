import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Estimate,
  estimate,
  type Observation,
  type PlannedTrial,
  planTrials,
  type RunRecords,
  type Trial,
} from '../../analysis/study/index.ts';
import { readRun } from '../../analysis/study/store/store.node.ts';
import { listed } from '../../base/parameter.ts';
import { duration } from '../terminal/duration.ts';

/** How long trials will take, and what the estimate rests on, to be shown beside it. */
export interface Expected {
  readonly estimate: Estimate;
  readonly basis: string;
}

/**
 * From the trials that the run in a folder has computed; where it has none, from those of the runs beside it.
 * @throws InputError one of these is damaged
 */
export async function expectedOf(folder: string, planned: readonly PlannedTrial[]): Promise<Expected> {
  const finished = existsSync(join(folder, 'study.json'))
    ? await observationsIn((await readRun(folder)).store, planned)
    : [];
  if (finished.length > 0)
    return { estimate: estimate(finished), basis: `from ${finished.length} trials of ${folder}` };
  const beside = dirname(folder);
  const runs = (existsSync(beside) ? (await readdir(beside)).sort() : [])
    .map((name) => join(beside, name))
    .filter((run) => existsSync(join(run, 'study.json')) && existsSync(join(run, 'timings.jsonl')));
  const others: Observation[] = [];
  for (const run of runs) {
    const { parsed, store } = await readRun(run);
    others.push(...(await observationsIn(store, await planTrials(parsed.study))));
  }
  const basis =
    others.length > 0 ? `from ${others.length} trials of ${runs.join(', ')}` : `a guess: ${beside} holds no run yet`;
  return { estimate: estimate(others), basis };
}

/** Trials of a run that were computed, with their times; of one that was computed again, the last. */
async function observationsIn(store: RunRecords, planned: readonly PlannedTrial[]): Promise<Observation[]> {
  const seconds = new Map((await store.timings()).map((timing) => [timing.id, timing.seconds]));
  return planned.flatMap(({ id, trial }) => {
    const taken = seconds.get(id);
    return taken === undefined ? [] : [{ trial, seconds: taken }];
  });
}

/** `4 trainings, 48 attacks and 24 controls to compute: about 6 min (from 52 trials of runs/quickstart)` */
export function expectation(missing: readonly Trial[], { estimate: { secondsOf }, basis }: Expected): string {
  const seconds = missing.reduce((sum, trial) => sum + secondsOf(trial), 0);
  const trainings = missing.filter(({ kind }) => kind === 'train').length;
  const controls = missing.filter((trial) => trial.kind === 'attack' && trial.control === true).length;
  const kinds = [
    counted(trainings, 'training'),
    counted(missing.length - trainings - controls, 'attack'),
    ...(controls === 0 ? [] : [counted(controls, 'control')]),
  ];
  return `${listed(kinds, 'and')} to compute: about ${duration(seconds)} (${basis})`;
}

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
