import type { EarlierFailures, PlannedTrial, RunEvent, RunStore } from '../../analysis/study/index.ts';
import { InputError } from '../../base/errors.ts';
import type { AdapterDescription } from '../../engine/index.ts';
import { runWorker, type WorkerCommand, type WorkerEnd } from './workerProcess.ts';

/** What workers compute together. */
export interface SharedWork {
  readonly store: RunStore;
  readonly trials: readonly PlannedTrial[];
  readonly earlier: EarlierFailures;
  /** The study's limit; undefined where it has none. */
  readonly seconds?: number;
  /** Where workers' messages go. */
  readonly stderr: NodeJS.WritableStream;
  onEvent(event: RunEvent): void;
}

/** A trial is computed in so many processes at most that crash. */
const ATTEMPTS = 2;

/**
 * Works on a run's folder in several processes, or in one, until all trials have ended, and passes on what they tell. Where a kernel does
 * not end, its trial has failed and its process is killed; where a process crashes, its trial is tried once more and then recorded as
 * failed. Either way a fresh process goes on in its place, unless the last one did not come so far as to open the device.
 * @returns why no process could go on to the end after some trials had ended; null where one did
 * @throws InputError that a worker met; Error when all came to one, or to the end of no trial
 */
export async function runWorkers(count: number, command: WorkerCommand, work: SharedWork): Promise<Error | null> {
  const team: Team = { command, work, began: performance.now(), adapter: null, ended: new Set(), crashes: new Map() };
  const ends = await Promise.all(Array.from({ length: count }, () => workOn(team)));
  // What a worker says itself comes before how another one ended.
  const inOrder = [...ends].sort((a, b) => Number(b.how === 'failed') - Number(a.how === 'failed'));
  const errors = inOrder.map(errorOf).filter((error) => error !== null);
  const mistake = errors.find((error) => error instanceof InputError);
  if (mistake !== undefined) throw mistake;
  if (errors.length < ends.length) return null;
  if (inOrder[0].how === 'failed' || team.ended.size === 0) throw errors[0];
  return errors[0];
}

/** The workers of a run. */
interface Team {
  readonly command: WorkerCommand;
  readonly work: SharedWork;
  readonly began: number;
  /** The adapter that the first of them opened. */
  adapter: AdapterDescription | null;
  /** Trials that have ended. */
  readonly ended: Set<string>;
  /** How many processes crashed on a trial. */
  readonly crashes: Map<string, number>;
}

/** Why a worker did not come to the end of its run, where a run ends for that. */
function errorOf(end: WorkerEnd): Error | null {
  if (end.how === 'done') return null;
  if (end.how === 'failed') return end.error;
  const reason = end.how === 'hung' ? 'a kernel does not end' : end.reason;
  return new Error(`${reason}; run the study again to go on`);
}

/** Computes in one process, and in fresh ones after it for as long as each comes to a device. */
async function workOn(team: Team): Promise<WorkerEnd> {
  const { command, work } = team;
  for (;;) {
    const spent = (performance.now() - team.began) / 1000;
    const task = {
      trials: work.trials.map(({ id }) => id),
      adapter: team.adapter,
      earlier: [...work.earlier],
      seconds: work.seconds === undefined ? null : Math.max(0, work.seconds - spent),
    };
    const end = await runWorker(command, task, work.stderr, (event) => passOn(event, team));
    team.adapter ??= end.adapter;
    if (end.how === 'done' || end.how === 'failed') return end;
    if (end.how !== 'hung' && end.inHand !== null) await settle(end.inHand, end, team);
    if (end.adapter === null) return end;
  }
}

function passOn(event: RunEvent, { ended, work }: Team): void {
  // Every worker announces the run and reports what is left of it, and a trial's end is seen by those that waited for it.
  if (event.type === 'planned' || event.type === 'stopped') return;
  if (event.type === 'finished' || event.type === 'failed') {
    const { id } = event.type === 'finished' ? event.finished : event.failed;
    if (ended.has(id)) return;
    ended.add(id);
  }
  work.onEvent(event);
}

/** Decides what becomes of the trial that a process had in hand when it crashed or did not answer. */
async function settle(
  planned: PlannedTrial,
  end: Extract<WorkerEnd, { how: 'crashed' | 'silent' }>,
  team: Team,
): Promise<void> {
  const { id, trial } = planned;
  const { store } = team.work;
  const crashes = (team.crashes.get(id) ?? 0) + 1;
  team.crashes.set(id, crashes);
  const claim = store.claim(id);
  // Another worker has taken it up.
  if (claim === null) return;
  try {
    // It may have been killed after it kept the trial.
    const finished = await store.read(id, trial);
    if (finished !== null) return passOn({ type: 'finished', finished, seconds: null }, team);
    if (end.how === 'crashed' && crashes < ATTEMPTS)
      return team.work.onEvent({ type: 'again', planned, reason: end.reason });
    const message = end.how === 'crashed' ? `${end.reason}; the trial was tried twice` : end.reason;
    const failed = { id, trial, message, stack: null, failedAt: new Date().toISOString() };
    await store.recordFailure(failed);
    passOn({ type: 'failed', failed }, team);
  } finally {
    claim.release();
  }
}
