import { InputError } from '../../../base/errors.ts';
import type { AdapterDescription } from '../../../engine/index.ts';
import type { Study } from '../file/schema.ts';
import type { FailedTrial, RunStore } from '../store/store.ts';
import { expand } from '../trial/expand.ts';
import { trialIdentity } from '../trial/identity.ts';
import type { FinishedTrial, TrainResult, TrainTrial, Trial } from '../trial/trial.ts';
import { type HeldMachine, holdMachine, resultOn, type TrialMachine, type TrialProgress } from './machine.ts';
import { shortageOf } from './memory.ts';

/** A trial with its identity. */
export interface PlannedTrial {
  readonly id: string;
  readonly trial: Trial;
  /** Identity of the training that an attack trial starts from; null of a training. */
  readonly trainId: string | null;
}

export type RunEvent =
  | { readonly type: 'planned'; readonly total: number; readonly missing: number }
  | { readonly type: 'started'; readonly planned: PlannedTrial }
  | { readonly type: 'progress'; readonly planned: PlannedTrial; readonly progress: TrialProgress }
  /** `seconds` is null when another process has computed it. */
  | { readonly type: 'finished'; readonly finished: FinishedTrial; readonly seconds: number | null }
  | { readonly type: 'failed'; readonly failed: FailedTrial }
  /** The device was lost, for the reason given; the trial is tried once more on a fresh one. */
  | { readonly type: 'again'; readonly planned: PlannedTrial; readonly reason: string }
  /** The study's limits are spent, a kernel does not end, or for an error that is told besides. */
  | { readonly type: 'stopped'; readonly left: number; readonly why: 'limits' | 'hang' | 'error' };

export interface RunOutcome {
  /** All finished trials of the study, in its order, those of earlier runs and of other processes included. */
  readonly finished: readonly FinishedTrial[];
  /** Those that failed since this call began, here or in another process. */
  readonly failed: readonly FailedTrial[];
  /** How many trials this call computed. */
  readonly computed: number;
  /** How many it did not start, because the study's limits were spent, or a kernel did not end. */
  readonly left: number;
}

/** One of `count` parts of a study, counted from 1: every `count`-th training with all its attacks. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export interface RunOptions {
  readonly store: RunStore;
  openMachine(): Promise<TrialMachine>;
  /** Which of the trials to compute, with the trainings that they need; all when not given. */
  select?(planned: readonly PlannedTrial[]): readonly PlannedTrial[];
  /** The adapter that the run began on: no other goes on with it by itself. Without it, the first that opens. */
  readonly adapter?: AdapterDescription;
  /** Failures on record when the run began, where that was in another process. */
  readonly earlier?: EarlierFailures;
  onEvent?(event: RunEvent): void;
}

/**
 * When trials failed that had failed before a run began, by their identities. A failure on record that is none of these is the run's: it
 * stands, and the trial is not tried again. No clock decides that, as clocks are set back.
 */
export type EarlierFailures = ReadonlyMap<string, string>;

/** The trials of a study with their identities, trainings first. */
export async function planTrials(study: Study): Promise<PlannedTrial[]> {
  return Promise.all(
    expand(study).map(async (trial) => ({
      id: await trialIdentity(trial),
      trial,
      trainId: trial.kind === 'attack' ? await trialIdentity(trial.train) : null,
    })),
  );
}

/** The finished trials of a study, in its order. */
export async function readFinished(study: Study, store: Pick<RunStore, 'read'>): Promise<FinishedTrial[]> {
  const planned = await planTrials(study);
  const finished = await Promise.all(planned.map(({ id, trial }) => store.read(id, trial)));
  return finished.filter((trial) => trial !== null);
}

/** The trials of a shard, in their order. */
export function shardOf(planned: readonly PlannedTrial[], { index, count }: Shard): PlannedTrial[] {
  const trainings = planned.filter(({ trainId }) => trainId === null).map(({ id }) => id);
  return planned.filter(({ id, trainId }) => trainings.indexOf(trainId ?? id) % count === index - 1);
}

/** What a run begins with, which it tells. */
export async function beginRun(
  study: Study,
  {
    store,
    select,
    onEvent,
  }: Required<Pick<RunOptions, 'select' | 'onEvent'>> & { readonly store: Pick<RunStore, 'read' | 'readFailure'> },
): Promise<{
  planned: PlannedTrial[];
  finished: Map<string, FinishedTrial>;
  missing: PlannedTrial[];
  earlier: EarlierFailures;
}> {
  const planned = await planTrials(study);
  const finished = new Map<string, FinishedTrial>();
  for (const { id, trial } of planned) {
    const earlier = await store.read(id, trial);
    if (earlier) finished.set(id, earlier);
  }
  const selected = select(planned);
  const needed = new Set(selected.flatMap(({ id, trainId }) => [id, trainId ?? id]));
  const missing = planned.filter(({ id }) => needed.has(id) && !finished.has(id));
  const total = new Set([...selected, ...missing].map(({ id }) => id)).size;
  onEvent({ type: 'planned', total, missing: missing.length });
  return { planned, finished, missing, earlier: await failuresAmong(missing, store) };
}

/** When those of the trials failed that have a failure on record. */
export async function failuresAmong(
  trials: readonly PlannedTrial[],
  store: Pick<RunStore, 'readFailure'>,
): Promise<EarlierFailures> {
  const failures = new Map<string, string>();
  for (const { id } of trials) {
    const failure = await store.readFailure(id);
    if (failure !== null) failures.set(id, failure.failedAt);
  }
  return failures;
}

/** Between two looks at trials that other processes work on. */
const POLL_MILLISECONDS = 500;

/**
 * Computes the trials of a study that are missing, one after the other, those that failed before last, and waits for those that other
 * processes work on. A trial that fails is recorded and the rest goes on, but an attack whose training failed is recorded as failed
 * without being tried. Where the device is lost, a trial is tried once more on a fresh one. When the study's limits are spent, no further
 * trial starts, nor after a kernel that does not end: it would disturb all that is measured beside it.
 * @throws InputError a trial found wrong input (a damaged data set): it would stop the others as well
 */
export async function runStudy(study: Study, options: RunOptions): Promise<RunOutcome> {
  const { store, openMachine, select = (all) => all, onEvent = () => {} } = options;
  const { planned, finished, missing, earlier } = await beginRun(study, { store, select, onEvent });

  const began = performance.now();
  const machine = holdMachine(openMachine, options.adapter);
  const work: Work = {
    store,
    earlier: options.earlier ?? earlier,
    finished,
    failed: new Map(),
    verified: new Set(),
    machine,
    onEvent,
    computed: 0,
  };
  const isSpent = () =>
    machine.hangs ||
    work.computed >= (study.limits.trials ?? Number.POSITIVE_INFINITY) ||
    performance.now() - began >= 1000 * (study.limits.seconds ?? Number.POSITIVE_INFINITY);
  let left: readonly PlannedTrial[] = failedLast(missing, earlier);
  try {
    while (left.length > 0 && !isSpent()) {
      const later: PlannedTrial[] = [];
      for (const next of left) if (isSpent() || !(await attempt(next, work))) later.push(next);
      if (later.length === left.length) await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
      left = later;
    }
    if (left.length > 0) onEvent({ type: 'stopped', left: left.length, why: machine.hangs ? 'hang' : 'limits' });
  } finally {
    await machine.close();
  }
  const inOrder = <T>(trials: ReadonlyMap<string, T>) =>
    planned.map(({ id }) => trials.get(id)).filter((trial) => trial !== undefined);
  return { finished: inOrder(finished), failed: inOrder(work.failed), computed: work.computed, left: left.length };
}

/** Those that failed in an earlier run behind the others: what ended that run must not keep this one from them. */
export const failedLast = (trials: readonly PlannedTrial[], failures: EarlierFailures): PlannedTrial[] => [
  ...trials.filter(({ id }) => !failures.has(id)),
  ...trials.filter(({ id }) => failures.has(id)),
];

/** A run that goes on. */
interface Work {
  readonly store: RunStore;
  /** Failures from before, which are tried again. */
  readonly earlier: EarlierFailures;
  readonly finished: Map<string, FinishedTrial>;
  readonly failed: Map<string, FailedTrial>;
  /** Trainings whose files were checked. */
  readonly verified: Set<string>;
  readonly machine: HeldMachine;
  onEvent(event: RunEvent): void;
  computed: number;
}

/** Ends a trial, here or by finding that another process has. @returns false when it must wait for another process */
async function attempt(planned: PlannedTrial, work: Work): Promise<boolean> {
  const { id, trainId } = planned;
  const { store, finished, failed, onEvent } = work;
  if (trainId !== null && !finished.has(trainId) && !failed.has(trainId)) return false;
  const claim = store.claim(id);
  if (claim === null) return false;
  const started = performance.now();
  const spent = { seconds: 0 };
  try {
    const elsewhere = await endedSince(planned, store, work.earlier);
    if (elsewhere === null) onEvent({ type: 'started', planned });
    const outcome = elsewhere ?? (await computeTrial(planned, work, spent));
    if ('result' in outcome) {
      finished.set(id, outcome);
      const seconds = elsewhere === null ? (performance.now() - started) / 1000 : null;
      if (seconds !== null)
        await store.recordTiming({ id, seconds: spent.seconds, runnerSeconds: seconds - spent.seconds });
      onEvent({ type: 'finished', finished: outcome, seconds });
      if (elsewhere === null) work.computed++;
    } else {
      failed.set(id, outcome);
      if (elsewhere === null) await store.recordFailure(outcome);
      onEvent({ type: 'failed', failed: outcome });
    }
    return true;
  } finally {
    claim.release();
  }
}

/** What other processes have made of a trial since a run began; null where it is still to be computed. */
export async function endedSince(
  { id, trial }: PlannedTrial,
  store: Pick<RunStore, 'read' | 'readFailure'>,
  earlier: EarlierFailures,
): Promise<FinishedTrial | FailedTrial | null> {
  const finished = await store.read(id, trial);
  if (finished !== null) return finished;
  const failed = await store.readFailure(id);
  return failed !== null && failed.failedAt !== earlier.get(id) ? failed : null;
}

/** @param spent is told the seconds of the training or attack itself */
async function computeTrial(
  planned: PlannedTrial,
  work: Work,
  spent: { seconds: number },
): Promise<FinishedTrial | FailedTrial> {
  const { id, trial, trainId } = planned;
  const { machine, store, finished, verified, onEvent } = work;
  const training = trainId === null ? null : finished.get(trainId);
  if (training === undefined) {
    return failure(planned, new Error(`its training ${trainId} failed`));
  }
  // An attack on a model that was changed since would be an attack on another.
  if (training !== null && !verified.has(training.id)) await store.verify(training.id);
  if (training !== null) verified.add(training.id);
  const opening = performance.now();
  const compute = async (opened: TrialMachine): Promise<FinishedTrial> => {
    const shortage = opened.memory === undefined ? null : shortageOf(trial, opened.memory);
    if (shortage !== null) throw new Error(shortage);
    const draft = await store.begin(id);
    try {
      const result = await resultOn(opened, trial, {
        folder: draft.folder,
        training: training && {
          folder: store.folderOf(training.id),
          finished: training as FinishedTrial<TrainTrial, TrainResult>,
        },
        report: (progress) => onEvent({ type: 'progress', planned, progress }),
      });
      spent.seconds = (performance.now() - opening) / 1000;
      const { adapter, kernels, id: ofMachine } = opened;
      const whole = { id, trial, result, adapter, machine: ofMachine, kernels, finishedAt: new Date().toISOString() };
      await draft.commit(whole);
      return whole;
    } catch (error) {
      await draft.discard();
      throw error;
    }
  };
  try {
    return await machine.compute(compute, ({ message }) => onEvent({ type: 'again', planned, reason: message }));
  } catch (error) {
    // Without any machine, or with wrong input, the other trials would fail as well.
    if (error instanceof InputError || !machine.opened) throw error;
    return failure(planned, error);
  }
}

function failure({ id, trial }: PlannedTrial, error: unknown): FailedTrial {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const line = message.replace(/\s*\n\s*/g, ' ').trim();
  return { id, trial, message: line, stack: stack ?? null, failedAt: new Date().toISOString() };
}
