import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from 'bullmq';
import { InputError } from '../../engine/errors.ts';
import { readJson, writeFileAtomic } from '../../engine/platform/files.node.ts';
import { shortageOf } from '../study/memory.ts';
import type { TrialContext, TrialMachine, TrialProgress } from '../study/run.ts';
import type { FinishedTrial, TrainResult, TrainTrial } from '../study/trial.ts';
import { download, upload } from './artefact.node.ts';
import type { Connection } from './connection.node.ts';
import {
  type Artefact,
  type JobFailure,
  PREFIX,
  PRODUCERS_KEY,
  queueName,
  type TrialJob,
  type TrialOutcome,
  trainingKey,
} from './job.ts';

export type WorkEvent =
  | { readonly type: 'started'; readonly label: string }
  | { readonly type: 'finished'; readonly label: string; readonly seconds: number; readonly finished: FinishedTrial }
  | { readonly type: 'failed'; readonly label: string; readonly message: string; readonly again: boolean }
  /** The trial in hand goes to another worker. */
  | { readonly type: 'handed back'; readonly label: string }
  /** Runs of other versions of the program are at work on this Redis, and none of this. */
  | { readonly type: 'other versions'; readonly versions: readonly string[] };

export interface WorkOptions {
  readonly connection: Connection;
  readonly machine: TrialMachine;
  /** Of this program: trials of others are left alone. */
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
 * @throws Error Redis is lost
 */
export async function workQueue(options: WorkOptions): Promise<{ abandoned: boolean }> {
  const { connection, version, stalledAfterSeconds, graceSeconds, stop, onEvent } = options;
  const { Worker, WaitingError } = await import('bullmq');
  const trainings = new Map<string, FinishedTrial<TrainTrial, TrainResult>>();
  let hand: { readonly job: Job<TrialJob, TrialOutcome>; readonly token: string } | null = null;
  let abandoned = false;

  const worker = new Worker<TrialJob, TrialOutcome>(
    queueName(version),
    async (job, token = '') => {
      hand = { job, token };
      onEvent({ type: 'started', label: job.data.label });
      try {
        const outcome = await compute(job, options, trainings);
        if (abandoned) throw new WaitingError();
        return outcome;
      } finally {
        hand = null;
      }
    },
    {
      connection: connection.redis,
      prefix: PREFIX,
      name: options.name,
      concurrency: 1,
      lockDuration: 1000 * stalledAfterSeconds,
      stalledInterval: 1000 * Math.max(1, stalledAfterSeconds / 3),
      maxStalledCount: MOST_DEATHS,
      drainDelay: 2,
    },
  );
  // Errors of the connection end in `guard`; a lost lock means that another worker has the trial.
  worker.on('error', () => {});

  const stopped = new Promise<void>((resolve) => {
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
  const drain = async () => {
    await stopped;
    const closed = worker.close().then(() => true);
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), 1000 * graceSeconds);
    });
    const done = await Promise.race([closed, grace]);
    clearTimeout(timer);
    if (done || hand === null) return void (await closed);
    abandoned = true;
    const { job, token } = hand;
    await job.moveToWait(token);
    onEvent({ type: 'handed back', label: job.data.label });
  };
  // A look that fails is made again; of a connection that ends, `guard` tells.
  const watch = setInterval(() => void noteVersions(options).catch(() => {}), LOOK_AROUND_MILLISECONDS);
  try {
    const begun = async () => {
      await worker.waitUntilReady();
      await noteVersions(options);
    };
    // Closing a worker that is not ready fails.
    await connection.guard(begun().then(drain));
  } finally {
    clearInterval(watch);
    if (!abandoned) await worker.close(true);
  }
  return { abandoned };
}

async function compute(
  job: Job<TrialJob, TrialOutcome>,
  options: WorkOptions,
  trainings: Map<string, FinishedTrial<TrainTrial, TrainResult>>,
): Promise<TrialOutcome> {
  const { machine, connection, name, scratch, onEvent } = options;
  const { id, trial, trainId, label } = job.data;
  const folder = join(scratch, `trial-${id}`);
  const started = performance.now();
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const shortage = machine.memory === undefined ? null : shortageOf(trial, machine.memory);
    if (shortage !== null) throw new Error(shortage);
    const training = trainId === null ? null : await trainingOf(trainId, options, trainings);
    const result = await machine.runTrial(trial, { folder, training, report: reporter(job) });
    const { adapter, kernels } = machine;
    const finished = { id, trial, result, adapter, kernels, finishedAt: new Date().toISOString() };
    await writeFileAtomic(join(folder, 'trial.json'), `${JSON.stringify(finished)}\n`);
    const artefact = await upload(connection.redis, folder);
    const seconds = (performance.now() - started) / 1000;
    onEvent({ type: 'finished', label, seconds, finished });
    return { artefact, seconds, worker: name };
  } catch (error) {
    const failure = failureOf(error, name);
    const again = job.attemptsMade + 1 < (job.opts.attempts ?? 1);
    onEvent({ type: 'failed', label, message: failure.message, again });
    await job.updateData({ ...job.data, failure });
    throw new Error(failure.message);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tells the queue how far a trial is, now and then; that some news is lost with the connection does not matter. */
function reporter(job: Job<TrialJob, TrialOutcome>): TrialContext['report'] {
  let latest = 0;
  return (progress: TrialProgress) => {
    if (Date.now() - latest < PROGRESS_MILLISECONDS) return;
    latest = Date.now();
    job.updateProgress({ ...progress }).catch(() => {});
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
  const text = await redis.get(trainingKey(version, id));
  if (text === null) throw new Error(`its training ${id} is not in Redis`);
  await rm(folder, { recursive: true, force: true });
  await download(redis, JSON.parse(text) as Artefact, folder);
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
