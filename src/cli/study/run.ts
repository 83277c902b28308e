import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readStudy } from '../../analysis/study/file/read.node.ts';
import {
  checkStoredModels,
  describeTrial,
  type EarlierFailures,
  type FailedTrial,
  failedLast,
  failuresAmong,
  labelsOf,
  type ParsedStudy,
  type PlannedTrial,
  planTrials,
  type RunEvent,
  type RunRecords,
  type RunStore,
  runStudy,
  type Shard,
  type Study,
  shardOf,
  type Trial,
  testImagesByClass,
  timeLeft,
} from '../../analysis/study/index.ts';
import type { Connection } from '../../analysis/study/queue/connection.node.ts';
import { openRun, readRun } from '../../analysis/study/store/store.node.ts';
import { settingsOf } from '../../base/environment.ts';
import { InputError } from '../../base/errors.ts';
import type { DataDir } from '../../models/data/load.node.ts';
import { countImages } from '../../models/data/sources/imageFolder.node.ts';
import { whyUnbalanced } from '../../models/index.ts';
import { dataDirWords } from '../flags/dataDir.ts';
import { modelReader } from '../machine/modelReader.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { runProgress } from '../terminal/progress.ts';
import { print, printLines, type Terminal } from '../terminal/terminal.ts';
import { type Expected, expectation, expectedOf } from './expected.ts';
import { computeOverQueue, connectQueue } from './queue.ts';
import { report } from './report.ts';
import { runWorkers } from './workers.ts';

export interface RunFlags {
  readonly out?: string;
  readonly dataDir?: DataDir;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly workers: number;
  readonly shard?: Shard;
  /** Redis whose workers compute the trials. */
  readonly queue?: string;
  /** Start even what will take long. */
  readonly yes?: boolean;
  /** Whether tuned kernels are used, a flag of the whole program. */
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

/** The longest run that starts without `--yes`. */
const LONG_SECONDS = 12 * 3600;

/**
 * Tells what a long run will take before it starts.
 * @throws InputError it is long, and --yes is not given
 */
function announce(
  { study }: ParsedStudy,
  missing: readonly Trial[],
  expected: Expected,
  { yes = false }: RunFlags,
  { stderr }: Terminal,
): void {
  const seconds = missing.reduce((sum, trial) => sum + expected.estimate.secondsOf(trial), 0);
  if (seconds < LONG_SECONDS) return;
  const what = expectation(missing, expected);
  if (!yes && (study.limits.seconds ?? seconds) >= LONG_SECONDS)
    throw new InputError(`${what}; --yes starts it, limits in the study file or --shard take a part of it`);
  stderr.write(`${what}\n`);
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

interface Job {
  readonly folder: string;
  readonly parsed: ParsedStudy;
  readonly planned: readonly PlannedTrial[];
  readonly selected: readonly PlannedTrial[];
}

async function compute(job: Job, flags: RunFlags, around: Surroundings): Promise<void> {
  // Before anything is written: the address may be wrong.
  const connection = flags.queue === undefined ? null : await connectQueue(flags.queue, around);
  try {
    await computeWith(connection, job, flags, around);
  } finally {
    connection?.close();
  }
}

/** Computes what is missing of the selected trials, here or in workers, writes the report, and fails if a trial did. */
async function computeWith(
  connection: Connection | null,
  job: Job,
  flags: RunFlags,
  around: Surroundings,
): Promise<void> {
  const { folder, parsed, planned, selected } = job;
  const missing = await missingOf(selected, folder);
  const trials = missing.map(({ trial }) => trial);
  // Workers on other machines have files of their own.
  if (connection === null && missing.length > 0) {
    await checkFolders(parsed.study);
    await checkStoredModels(trials, modelReader);
  }
  const expected = await expectedOf(folder, planned);
  announce(parsed, trials, expected, flags, around.terminal);
  const store = await openRun(folder, parsed);
  const left = timeLeft(trials, expected.estimate, Math.min(flags.workers, missing.length));
  const earlier = await failuresAmong(planned, store);
  const progress = runProgress(around.terminal, labelsOf(parsed.study), left);
  let unfinished: Error | null = null;
  try {
    if (connection !== null)
      await computeOverQueue({ folder, parsed, selected, store, connection }, around, progress.onEvent);
    else if (around.script === undefined)
      await runStudy(parsed.study, {
        store,
        openMachine: () => around.openMachine(flags.dataDir),
        select: () => selected,
        onEvent: progress.onEvent,
      });
    else
      unfinished = await computeInWorkers(
        { ...job, missing, store, earlier },
        flags,
        { ...around, script: around.script },
        progress.onEvent,
      );
  } finally {
    progress.stop();
  }
  await report(folder, parsed, store, flags, around.terminal);
  const failed = [...(await failuresOf(planned, store)).values()].filter(
    ({ id, failedAt }) => earlier.get(id) !== failedAt,
  );
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${selected.length} trials failed (${join(folder, 'trials')}/*.error.json); the first: ${failed[0].message}`,
    );
  if (unfinished !== null) throw unfinished;
}

/**
 * Looks into the folders of images that a study names before it trains on them.
 * @throws InputError one cannot be read, or has too few images of a class
 */
async function checkFolders({ data, samples }: Study): Promise<void> {
  for (const each of data) {
    if (each.name !== 'folder') continue;
    const byClass = testImagesByClass(each, await countImages(each.path)) ?? [];
    const reason = whyUnbalanced(byClass, samples, 'test images');
    if (reason !== null) throw new InputError(`${each.path}: samples: ${reason}`);
  }
}

/** How long a worker may not answer, where no kernel may take as long: loading data and compiling keep it from that for seconds. */
const LEAST_SILENCE_SECONDS = 120;

interface WorkersJob extends Job {
  readonly missing: readonly PlannedTrial[];
  readonly store: RunStore;
  readonly earlier: EarlierFailures;
}

/**
 * Has the missing trials computed by processes that may crash or be killed without this one.
 * @returns why some were left, where none of the processes could go on; the limits of the study are no such reason
 */
async function computeInWorkers(
  { folder, selected, parsed, missing: all, store, earlier }: WorkersJob,
  { workers, dataDir, tune }: RunFlags,
  { script, terminal, workerSilenceSeconds }: Surroundings & { readonly script: string },
  onEvent: (event: RunEvent) => void,
): Promise<Error | null> {
  onEvent({ type: 'planned', total: selected.length, missing: all.length });
  if (all.length === 0) return null;
  const { limits } = parsed.study;
  const trials = failedLast(all, earlier).slice(0, limits.trials);
  const words = [...(tune ? [] : ['--no-tune']), 'study', 'work', folder, ...dataDirWords(dataDir)];
  const silenceSeconds =
    workerSilenceSeconds ?? Math.max(LEAST_SILENCE_SECONDS, settingsOf(process.env).waitLimitSeconds);
  let ended = 0;
  const unfinished = await runWorkers(
    Math.min(workers, trials.length),
    { script, words, silenceSeconds },
    {
      ...{ store, trials, earlier, seconds: limits.seconds, stderr: terminal.stderr },
      onEvent: (event) => {
        if (event.type === 'finished' || event.type === 'failed') ended++;
        onEvent(event);
      },
    },
  );
  if (ended < all.length)
    onEvent({ type: 'stopped', left: all.length - ended, why: unfinished === null ? 'limits' : 'error' });
  return unfinished;
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

/** The trials that are not finished in a run's folder. */
async function missingOf(planned: readonly PlannedTrial[], folder: string): Promise<readonly PlannedTrial[]> {
  if (!existsSync(join(folder, 'study.json'))) return planned;
  const { store } = await readRun(folder);
  const finished = await Promise.all(planned.map(({ id, trial }) => store.read(id, trial)));
  return planned.filter((_, i) => finished[i] === null);
}

/** The most trials that are listed one by one. */
const MOST_LISTED = 10_000;

async function listTrials(
  { study }: ParsedStudy,
  planned: readonly PlannedTrial[],
  folder: string,
  terminal: Terminal,
): Promise<void> {
  const labels = labelsOf(study);
  const missing = await missingOf(planned, folder);
  const open = new Set(missing);
  const listed = planned.length <= MOST_LISTED ? planned : [];
  printLines(terminal, [
    ...listed.map(
      (each) => `${each.id}  ${open.has(each) ? 'missing ' : 'finished'}  ${describeTrial(each.trial, labels)}`,
    ),
    `${planned.length} trials, ${missing.length} to compute, in ${folder}`,
  ]);
  if (missing.length === 0) return;
  const trials = missing.map(({ trial }) => trial);
  printLines(terminal, [expectation(trials, await expectedOf(folder, planned))]);
}
