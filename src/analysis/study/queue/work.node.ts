import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, Worker } from 'bullmq';
import { InputError } from '../../../base/errors.ts';
import { readJson, writeFileAtomic } from '../../../base/files.node.ts';
import { type HeldMachine, resultOn, type TrialContext, type TrialProgress } from '../run/machine.ts';
import { shortageOf } from '../run/memory.ts';
import type { FinishedTrial, TrainResult, TrainTrial } from '../trial/trial.ts';
import { download, upload } from './artefact.node.ts';
import type { Connection } from './connection.node.ts';
import { type Hand, take } from './hand.ts';
import {
  type JobFailure,
  PREFIX,
  PRODUCERS_KEY,
  queueName,
  type TrialJob,
  type TrialOutcome,
  trainingKey,
} from './job.ts';
import { artefactOf, MOST_CHARACTERS } from './jobSchema.ts';
import { isClosed, isOfConnection, isRefusal } from './redisErrors.ts';

export type WorkEvent =
  | { readonly type: 'started'; readonly label: string }
  | { readonly type: 'finished'; readonly label: string; readonly seconds: number; readonly finished: FinishedTrial }
  | { readonly type: 'failed'; readonly label: string; readonly message: string; readonly again: boolean }
  /** The trial in hand goes to another worker. */
  | { readonly type: 'handed back'; readonly label: string }
  /** Runs of other versions of the program are at work on this Redis, and none of this. */
  | { readonly type: 'other versions'; readonly versions: readonly string[] }
  /** Something went wrong that the worker can go on with. */
  | { readonly type: 'warning'; readonly line: string };

export interface WorkOptions {
  readonly connection: Connection;
  readonly machine: HeldMachine;
  /** The version of this program: trials of others are left alone. */
  readonly version: string;
  /** This worker among all, for messages. */
  readonly name: string;
  /** A folder of its own for files of trials. */
  readonly scratch: string;
  /** A worker that was silent for so long counts as dead: its trial goes to another. */
  readonly stalledAfterSeconds: number;
  /** How long the trial in hand may go on after `stop`, before it is handed back. */
  readonly graceSeconds: number;
  readonly stop: AbortSignal;
  onEvent(event: WorkEvent): void;
}

/** A trial whose workers died so often is given up: it may be what kills them. */
const MOST_DEATHS = 3;

const PROGRESS_MILLISECONDS = 1000;

/** Trainings that are kept for the next attacks. */
const MOST_TRAININGS = 4;

/** A producer that said nothing for so long is gone. */
const PRODUCER_SECONDS = 30;
const LOOK_AROUND_MILLISECONDS = 15_000;

/**
 * Takes trials from the queue one after the other, computes them and sends what comes of them, until it is stopped.
 * @returns whether a trial was handed back that is still being computed: the process should end
 * @throws Error Redis is lost, or refuses (it is full, say), or a kernel does not end
 */
export async function workQueue(options: WorkOptions): Promise<{ abandoned: boolean }> {
  const { connection, version, stalledAfterSeconds, stop, onEvent } = options;
  const { Worker, WaitingError, UnrecoverableError } = await import('bullmq');
  const trainings = new Map<string, FinishedTrial<TrainTrial, TrainResult>>();
  const hand: Hand = { taken: Promise.resolve(), trial: null, abandoned: false };
  const errors = errorsOf(options);
  // Redis takes whole milliseconds only.
  const lockDuration = Math.ceil(1000 * stalledAfterSeconds);

  const worker = new Worker<TrialJob, TrialOutcome>(
    queueName(version),
    async (job, token = '') => {
      if (stop.aborted) {
        // It was taken in the moment of the stop.
        await job.moveToWait(token);
        throw new WaitingError();
      }
      const taken = take(job, token, hand, (label, message) =>
        onEvent({ type: 'failed', label, message, again: false }),
      );
      hand.taken = taken.catch(() => undefined);
      await taken.catch(({ message }: Error) => {
        throw new UnrecoverableError(message);
      });
      onEvent({ type: 'started', label: job.data.label });
      try {
        const outcome = await compute(job, options, trainings, errors.take);
        if (hand.abandoned) throw new WaitingError();
        return outcome;
      } finally {
        hand.trial = null;
      }
    },
    {
      connection: connection.redis,
      prefix: PREFIX,
      name: options.name,
      autorun: false,
      concurrency: 1,
      lockDuration,
      stalledInterval: Math.ceil(lockDuration / 3),
      maxStalledCount: MOST_DEATHS,
      drainDelay: 2,
    },
  );
  worker.on('error', errors.take);
  worker.on('failed', () => {
    if (options.machine.hangs) errors.end(new Error('a kernel does not end, and this worker with it'));
  });
  const watch = setInterval(() => void noteVersions(options).catch(errors.take), LOOK_AROUND_MILLISECONDS);
  const work = async () => {
    await worker.waitUntilReady();
    await noteVersions(options);
    const running = worker.run();
    await Promise.race([stopped(stop), running]);
    await drain(worker, running, hand, options);
  };
  try {
    await connection.guard(Promise.race([errors.fatal, work()]));
  } finally {
    clearInterval(watch);
    // It cannot hide an error: what fails of it comes as an event, and it waits for nothing.
    await worker.close(true);
  }
  return { abandoned: hand.abandoned };
}

const stopped = (stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });

/** Lets the trial in hand end, or hands it back when its time is over. */
async function drain(
  worker: Worker<TrialJob, TrialOutcome>,
  running: Promise<void>,
  hand: Hand,
  { graceSeconds, onEvent }: WorkOptions,
): Promise<void> {
  // What was got in this moment is in hand in the next.
  await hand.taken;
  // Without a trial the worker waits for one, and closing ends that; with one, it must still be able to tell how the trial ends.
  if (hand.trial === null) await worker.close(true);
  else await worker.pause(true);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, 1000 * graceSeconds);
  });
  await Promise.race([running, grace]);
  clearTimeout(timer);
  if (hand.trial === null) return;
  hand.abandoned = true;
  const { job, token } = hand.trial;
  await job.moveToWait(token);
  onEvent({ type: 'handed back', label: job.data.label });
}

/** Sorts the errors that come as events: where Redis refuses, the worker ends; of a lost connection `guard` tells; others are told once. */
function errorsOf({ onEvent }: WorkOptions): {
  readonly fatal: Promise<never>;
  end(error: Error): void;
  take(error: Error): void;
} {
  const told = new Set<string>();
  let refuse: (error: Error) => void;
  const fatal = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  return {
    fatal,
    end: (error) => refuse(error),
    take: (error) => {
      if (isRefusal(error)) return refuse(error);
      // Another worker took the trial, or Redis forgot it: said once, not again for every step that fails because of it.
      const lost = /(?:lock|key|mismatch) for job (\w+-\w+)/.exec(error.message)?.[1];
      const subject = lost ?? error.message;
      if (isOfConnection(error) || told.has(subject)) return;
      told.add(subject);
      const line = `${lost} is not this worker's any more, what comes of it here is dropped: ${error.message}`;
      onEvent({ type: 'warning', line: lost === undefined ? error.message : line });
    },
  };
}

async function compute(
  job: Job<TrialJob, TrialOutcome>,
  options: WorkOptions,
  trainings: Map<string, FinishedTrial<TrainTrial, TrainResult>>,
  onError: (error: Error) => void,
): Promise<TrialOutcome> {
  const { machine, connection, name, scratch, onEvent } = options;
  const { id, trial, trainId, label } = job.data;
  const folder = join(scratch, `trial-${id}`);
  const started = performance.now();
  try {
    const training = trainId === null ? null : await trainingOf(trainId, options, trainings);
    const onLost = ({ message }: Error) =>
      onEvent({ type: 'warning', line: `${label}: ${message}; it is tried once more on a fresh device` });
    const finished = await machine.compute(async (opened): Promise<FinishedTrial> => {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const shortage = opened.memory === undefined ? null : shortageOf(trial, opened.memory);
      if (shortage !== null) throw new Error(shortage);
      const result = await resultOn(opened, trial, { folder, training, report: reporter(job, onError) });
      const { adapter, kernels, id: ofMachine } = opened;
      return { id, trial, result, adapter, machine: ofMachine, kernels, finishedAt: new Date().toISOString() };
    }, onLost);
    await writeFileAtomic(join(folder, 'trial.json'), `${JSON.stringify(finished)}\n`);
    const artefact = await upload(connection.redis, folder);
    const seconds = (performance.now() - started) / 1000;
    onEvent({ type: 'finished', label, seconds, finished });
    return { artefact, seconds, worker: name };
  } catch (error) {
    // Not the trial's failure: the worker ends, and the trial goes to another.
    if (isRefusal(error) || (error instanceof Error && isClosed(error))) throw error;
    const failure = failureOf(error, name);
    const again = job.attemptsMade + 1 < (job.opts.attempts ?? 1);
    onEvent({ type: 'failed', label, message: failure.message, again });
    // The message is the reason in any case; the stack and the rest is lost with what is told here.
    await job.updateData({ ...job.data, failure }).catch(onError);
    throw new Error(failure.message);
  } finally {
    // A folder that cannot be removed must hide neither the result nor the failure.
    await rm(folder, { recursive: true, force: true }).catch(onError);
  }
}

/** Tells the queue how far a trial is, now and then. */
function reporter(job: Job<TrialJob, TrialOutcome>, onError: (error: Error) => void): TrialContext['report'] {
  let latest = 0;
  return (progress: TrialProgress) => {
    if (performance.now() - latest < PROGRESS_MILLISECONDS) return;
    latest = performance.now();
    job.updateProgress({ ...progress }).catch(onError);
  };
}

/** The training that an attack starts from, fetched once for all its attacks. */
async function trainingOf(
  id: string,
  { connection: { redis }, version, scratch }: WorkOptions,
  trainings: Map<string, FinishedTrial<TrainTrial, TrainResult>>,
): Promise<NonNullable<TrialContext['training']>> {
  const folder = join(scratch, `training-${id}`);
  const known = trainings.get(id);
  if (known !== undefined) return { folder, finished: known };
  const key = trainingKey(version, id);
  if ((await redis.strlen(key)) > MOST_CHARACTERS) throw new Error(`its training ${id} has too long a list of files`);
  const text = await redis.get(key);
  if (text === null) throw new Error(`its training ${id} is not in Redis`);
  await rm(folder, { recursive: true, force: true });
  await download(redis, artefactOf(JSON.parse(text)), folder);
  const finished = (await readJson(join(folder, 'trial.json'))) as FinishedTrial<TrainTrial, TrainResult>;
  trainings.set(id, finished);
  for (const old of [...trainings.keys()].slice(0, -MOST_TRAININGS)) {
    trainings.delete(old);
    await rm(join(scratch, `training-${old}`), { recursive: true, force: true });
  }
  return { folder, finished };
}

function failureOf(error: unknown, worker: string): JobFailure {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  return {
    message: message.replace(/\s*\n\s*/g, ' ').trim(),
    stack: stack ?? null,
    input: error instanceof InputError,
    worker,
  };
}

/** Tells when only runs of other versions are there: this worker would wait for nothing. */
async function noteVersions({ connection: { redis }, version, onEvent }: WorkOptions): Promise<void> {
  const [now] = await redis.time();
  const versions = await redis.zrangebyscore(PRODUCERS_KEY, Number(now) - PRODUCER_SECONDS, '+inf');
  if (versions.length > 0 && !versions.includes(version)) onEvent({ type: 'other versions', versions });
}
