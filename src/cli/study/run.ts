import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeTrial, labelsOf } from '../../analysis/study/label.ts';
import type { ParsedStudy } from '../../analysis/study/parse.ts';
import { readStudy } from '../../analysis/study/read.node.ts';
import { type PlannedTrial, planTrials, runStudy, type Shard, shardOf } from '../../analysis/study/run.ts';
import { openRun, readRun } from '../../analysis/study/store.node.ts';
import type { FailedTrial, RunRecords, RunStore } from '../../analysis/study/store.ts';
import { runProgress } from '../progress.ts';
import type { Surroundings } from '../surroundings.ts';
import { print, type Terminal } from '../terminal.ts';
import { report } from './report.ts';
import { parentProcess, runWorkers } from './workers.ts';

export interface RunFlags {
  readonly out?: string;
  readonly dataDir?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly workers: number;
  readonly shard?: Shard;
  /** Of the program: whether tuned kernels are used. */
  readonly tune: boolean;
}

/** `outlast study run FILE` */
export async function runCommand(file: string, flags: RunFlags, around: Surroundings): Promise<void> {
  const parsed = await readStudy(file);
  const folder = flags.out ?? join('runs', parsed.study.name);
  const planned = await planTrials(parsed.study);
  const selected = flags.shard === undefined ? planned : shardOf(planned, flags.shard);
  if (flags.dryRun) return listTrials(parsed, selected, folder, around.terminal);
  await compute({ folder, parsed, planned, selected }, flags, around);
}

/** `outlast study retry DIR` */
export async function retryCommand(folder: string, flags: RunFlags, around: Surroundings): Promise<void> {
  const { parsed, store } = await readRun(folder);
  const planned = await planTrials(parsed.study);
  const failures = await failuresOf(planned, store);
  const selected = planned.filter(({ id }) => failures.has(id));
  if (selected.length === 0) return print(around.terminal, `${folder}: no trial has failed`);
  await compute({ folder, parsed, planned, selected }, flags, around);
}

export interface WorkFlags {
  readonly dataDir?: string;
  readonly only?: string;
}

/** `outlast study work DIR`, one of several processes that `--workers` starts. */
export async function workCommand(folder: string, { dataDir, only }: WorkFlags, around: Surroundings): Promise<void> {
  const parent = parentProcess();
  const { parsed } = await readRun(folder);
  const ids = only?.split(',');
  await runStudy(parsed.study, {
    store: await openRun(folder, parsed),
    openMachine: () => around.openMachine(dataDir),
    select: (planned) => (ids === undefined ? planned : planned.filter(({ id }) => ids.includes(id))),
    onEvent: parent.tell,
  });
  parent.leave();
}

interface Job {
  readonly folder: string;
  readonly parsed: ParsedStudy;
  readonly planned: readonly PlannedTrial[];
  readonly selected: readonly PlannedTrial[];
}

/** Computes what is missing of the selected trials, here or in workers, writes the report, and fails if a trial did. */
async function compute(job: Job, flags: RunFlags, around: Surroundings): Promise<void> {
  const { folder, parsed, planned, selected } = job;
  const began = Date.now();
  const store = await openRun(folder, parsed);
  const progress = runProgress(around.terminal, labelsOf(parsed.study));
  try {
    if (flags.workers === 1)
      await runStudy(parsed.study, {
        store,
        openMachine: () => around.openMachine(flags.dataDir),
        select: () => selected,
        onEvent: progress.onEvent,
      });
    else await computeInWorkers(job, store, flags, around, progress.onEvent);
  } finally {
    progress.stop();
  }
  await report(folder, parsed, store, flags, around.terminal);
  const failed = [...(await failuresOf(planned, store)).values()].filter(
    ({ failedAt }) => Date.parse(failedAt) >= began,
  );
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${selected.length} trials failed (${join(folder, 'trials')}/*.error.json); the first: ${failed[0].message}`,
    );
}

async function computeInWorkers(
  { folder, selected }: Job,
  store: RunStore,
  { workers, dataDir, tune }: RunFlags,
  { script = process.argv[1] }: Surroundings,
  onEvent: ReturnType<typeof runProgress>['onEvent'],
): Promise<void> {
  const finished = await Promise.all(selected.map(({ id, trial }) => store.read(id, trial)));
  const missing = selected.filter((_, i) => finished[i] === null);
  onEvent({ type: 'planned', total: selected.length, missing: missing.length });
  if (missing.length === 0) return;
  const words = ['study', 'work', folder, '--only', missing.map(({ id }) => id).join()];
  if (dataDir !== undefined) words.push('--data-dir', dataDir);
  if (!tune) words.unshift('--no-tune');
  await runWorkers(Math.min(workers, missing.length), { script, words }, onEvent);
}

/** The failures on record, by trial, in the study's order. */
export async function failuresOf(
  planned: readonly PlannedTrial[],
  store: RunRecords,
): Promise<Map<string, FailedTrial>> {
  const failures = new Map<string, FailedTrial>();
  for (const { id } of planned) {
    const failure = await store.readFailure(id);
    if (failure !== null) failures.set(id, failure);
  }
  return failures;
}

async function listTrials(
  { study }: ParsedStudy,
  planned: readonly PlannedTrial[],
  folder: string,
  terminal: Terminal,
): Promise<void> {
  const labels = labelsOf(study);
  const store = existsSync(join(folder, 'study.json')) ? (await readRun(folder)).store : null;
  let missing = 0;
  for (const { id, trial } of planned) {
    const finished = (await store?.read(id, trial)) ?? null;
    if (finished === null) missing++;
    print(terminal, `${id}  ${finished === null ? 'missing ' : 'finished'}  ${describeTrial(trial, labels)}`);
  }
  print(terminal, `${planned.length} trials, ${missing} to compute, in ${folder}`);
}
