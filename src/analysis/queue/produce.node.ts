import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job, Queue } from 'bullmq';
import { InputError } from '../../engine/errors.ts';
import { readJson } from '../../engine/platform/files.node.ts';
import { beginRun, type PlannedTrial, type RunEvent, type RunOutcome, type TrialProgress } from '../study/run.ts';
import type { Study } from '../study/schema.ts';
import type { FailedTrial, RunStore } from '../study/store.ts';
import type { FinishedTrial, Trial } from '../study/trial.ts';
import { discard, download, KEPT_SECONDS, upload } from './artefact.node.ts';
import type { Connection } from './connection.node.ts';
import {
  type Artefact,
  jobName,
  PREFIX,
  PRODUCERS_KEY,
  queueName,
  type TrialJob,
  type TrialOutcome,
  trainingKey,
  wantedKey,
} from './job.ts';

export interface ProduceOptions {
  readonly store: RunStore;
  readonly connection: Connection;
  /** Of this program: workers of another take none of its trials. */
  readonly version: string;
  /** Names the run among all that use this Redis; a run that is started again has the same name. */
  readonly run: string;
  /** Which of the trials to compute, with the trainings that they need; all when not given. */
  select?(planned: readonly PlannedTrial[]): readonly PlannedTrial[];
  label(trial: Trial): string;
  onEvent?(event: RunEvent): void;
  /** Told what somebody should know, one line. */
  onNote?(line: string): void;
}

/** A trial is tried so often, on any workers, before it counts as failed. */
const ATTEMPTS = 3;

/** Before the second attempt; twice as long before every further one. */
const BACKOFF_MILLISECONDS = 1000;

/** Bounds what lies in Redis when results are not collected: trials, among them trainings with their weights. */
const MOST_QUEUED = 512;
const MOST_TRAININGS_QUEUED = 16;

/** Trainings whose weights lie in Redis for their attacks. */
const MOST_TRAININGS_OPEN = 8;

const POLL_MILLISECONDS = 100;
const LOOK_AROUND_MILLISECONDS = 2000;

/**
 * Has the trials of a study that are missing computed by workers over a queue, trainings before their attacks, and keeps what they send in
 * the store as `runStudy` does. A run that was killed goes on from what is in its store and in the queue. A failing trial is tried
 * again, with backoff, and then recorded; the rest goes on.
 * @throws InputError a trial found wrong input; Error Redis is lost
 */
export async function produceStudy(study: Study, options: ProduceOptions): Promise<RunOutcome> {
  const { store, connection, version, select = (all) => all, onEvent = () => {}, onNote = () => {} } = options;
  const { planned, finished, missing } = await beginRun(study, { store, select, onEvent });

  const { Queue } = await import('bullmq');
  const queue = new Queue<TrialJob, TrialOutcome>(queueName(version), {
    connection: connection.redis,
    prefix: PREFIX,
    streams: { events: { maxLen: 100 } },
  });
  // The connection tells of its errors itself.
  queue.on('error', () => {});
  const production: Production = {
    ...options,
    queue,
    onEvent,
    onNote,
    began: Date.now(),
    finished,
    failed: new Map(),
    waiting: missing,
    queued: new Map(),
    open: new Map(),
    shown: new Map(),
    added: 0,
    computed: 0,
    lookedAround: 0,
  };
  try {
    await connection.guard(produce(production, study.limits));
  } finally {
    await queue.close();
  }
  const inOrder = <T>(trials: ReadonlyMap<string, T>) =>
    planned.map(({ id }) => trials.get(id)).filter((trial) => trial !== undefined);
  const { failed, computed, waiting } = production;
  return { finished: inOrder(finished), failed: inOrder(failed), computed, left: waiting.length };
}

/** A run that goes on. */
interface Production extends Required<Omit<ProduceOptions, 'select'>> {
  readonly queue: Queue<TrialJob, TrialOutcome>;
  readonly began: number;
  readonly finished: Map<string, FinishedTrial>;
  readonly failed: Map<string, FailedTrial>;
  /** Trials that are not in the queue yet, trainings first. */
  waiting: readonly PlannedTrial[];
  readonly queued: Map<string, PlannedTrial>;
  /** Trainings whose weights lie in Redis, and how many attacks in the queue start from them. */
  readonly open: Map<string, { readonly artefact: Artefact; attacks: number }>;
  /** What was last told of a trial at work. */
  readonly shown: Map<string, string>;
  added: number;
  computed: number;
  lookedAround: number;
}

async function produce(production: Production, limits: Study['limits']): Promise<void> {
  const { began, queued } = production;
  const isSpent = () =>
    production.added >= (limits.trials ?? Number.POSITIVE_INFINITY) ||
    Date.now() - began >= 1000 * (limits.seconds ?? Number.POSITIVE_INFINITY);
  while (queued.size > 0 || (production.waiting.length > 0 && !isSpent())) {
    await fill(production, isSpent);
    await settleEnded(production);
    if (Date.now() - production.lookedAround > LOOK_AROUND_MILLISECONDS) {
      production.lookedAround = Date.now();
      await lookAround(production);
      if (Date.now() - began >= 1000 * (limits.seconds ?? Number.POSITIVE_INFINITY)) await withdraw(production);
    }
    if (queued.size > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  if (production.waiting.length > 0) production.onEvent({ type: 'stopped', left: production.waiting.length });
}

/** Queues what can be computed now. */
async function fill(production: Production, isSpent: () => boolean): Promise<void> {
  const later: PlannedTrial[] = [];
  let trainings = [...production.queued.values()].filter(({ trainId }) => trainId === null).length;
  for (const planned of production.waiting) {
    const isTraining = planned.trainId === null;
    const isFull = production.queued.size >= MOST_QUEUED || (isTraining && trainings >= MOST_TRAININGS_QUEUED);
    if (isFull || isSpent() || !(await enqueue(planned, production))) later.push(planned);
    else if (isTraining) trainings++;
  }
  production.waiting = later;
}

/** @returns false when the trial must wait for its training, or for other attacks */
async function enqueue(planned: PlannedTrial, production: Production): Promise<boolean> {
  const { id, trial, trainId } = planned;
  const { queue, store, version, run, label, finished, failed, began } = production;
  if (trainId !== null && failed.has(trainId)) {
    await fail(planned, { message: `its training ${trainId} failed`, stack: null }, production);
    return true;
  }
  if (trainId !== null && !finished.has(trainId)) return false;
  const elsewhere = await endedElsewhere(planned, store, began);
  if (elsewhere !== null) {
    end(elsewhere, null, production);
    return true;
  }
  if (trainId !== null && !(await openTraining(trainId, production))) return false;
  // First the wish, then the job: another run that collects it leaves it to this one.
  const redis = production.connection.redis;
  await redis.sadd(wantedKey(version, id), run);
  await redis.expire(wantedKey(version, id), KEPT_SECONDS);
  const earlier = await queue.getJob(jobName(id));
  if (earlier !== undefined && (await earlier.isFailed())) await earlier.remove();
  await queue.add(
    'trial',
    { id, trial, trainId, label: label(trial) },
    {
      jobId: jobName(id),
      attempts: ATTEMPTS,
      backoff: { type: 'exponential', delay: BACKOFF_MILLISECONDS },
      removeOnComplete: { age: KEPT_SECONDS },
      removeOnFail: { age: KEPT_SECONDS },
    },
  );
  production.queued.set(id, planned);
  production.added++;
  return true;
}

/** What another process has made of a trial in the same store since this run began. */
async function endedElsewhere(
  { id, trial }: PlannedTrial,
  store: RunStore,
  began: number,
): Promise<FinishedTrial | FailedTrial | null> {
  const finished = await store.read(id, trial);
  if (finished !== null) return finished;
  const failed = await store.readFailure(id);
  return failed !== null && Date.parse(failed.failedAt) >= began ? failed : null;
}

/** Puts a training's folder into Redis for one more attack. @returns false when too many lie there */
async function openTraining(id: string, { open, store, connection, version }: Production): Promise<boolean> {
  const known = open.get(id);
  if (known !== undefined) {
    known.attacks++;
    return true;
  }
  if (open.size >= MOST_TRAININGS_OPEN) return false;
  const { redis } = connection;
  const key = trainingKey(version, id);
  const left = await redis.get(key);
  let artefact = left === null ? null : (JSON.parse(left) as Artefact);
  // What a killed run left there serves as well, if it is still whole.
  if (artefact === null || (await redis.expire(artefact.key, KEPT_SECONDS)) === 0) {
    artefact = await upload(redis, store.folderOf(id));
    await redis.set(key, JSON.stringify(artefact), 'EX', KEPT_SECONDS);
  }
  open.set(id, { artefact, attacks: 1 });
  return true;
}

/** After an attack: takes its training out of Redis if no other in the queue needs it. */
async function closeTraining({ trainId }: PlannedTrial, production: Production): Promise<void> {
  const { open, waiting, version, connection, queue } = production;
  const opened = trainId === null ? undefined : open.get(trainId);
  if (trainId === null || opened === undefined) return;
  opened.attacks--;
  if (opened.attacks > 0 || waiting.some((other) => other.trainId === trainId)) return;
  open.delete(trainId);
  // Another run may have queued attacks on the same model.
  const others = await queue.getJobs(['active', 'waiting', 'delayed']);
  if (others.some((job) => job?.data.trainId === trainId)) return;
  await connection.redis.unlink(trainingKey(version, trainId));
  await discard(connection.redis, opened.artefact);
}

async function settleEnded(production: Production): Promise<void> {
  const { queue, queued } = production;
  const redis = production.connection.redis;
  for (const state of ['completed', 'failed'] as const)
    for (const name of await redis.zrange(queue.toKey(state), 0, -1)) {
      const planned = queued.get(name.slice(jobName('').length));
      if (planned === undefined) continue;
      const job = await queue.getJob(name);
      if (job !== undefined) await settle(planned, job, state, production);
    }
}

/** Keeps what came of a trial, and takes it out of the queue. */
async function settle(
  planned: PlannedTrial,
  job: Job<TrialJob, TrialOutcome>,
  state: 'completed' | 'failed',
  production: Production,
): Promise<void> {
  const { store, began } = production;
  const claim = store.claim(planned.id);
  if (claim === null) return;
  try {
    const elsewhere = await endedElsewhere(planned, store, began);
    if (elsewhere !== null) end(elsewhere, null, production);
    else if (state === 'completed') await collect(planned, job.returnvalue, production);
    else await give(planned, job, production);
  } finally {
    claim.release();
  }
  production.queued.delete(planned.id);
  await dismiss(planned.id, job, production);
  await closeTraining(planned, production);
}

/** Brings a trial's folder into the store. */
async function collect(planned: PlannedTrial, outcome: TrialOutcome, production: Production): Promise<void> {
  const { store, connection } = production;
  const { id, trial } = planned;
  const started = performance.now();
  const draft = await store.begin(id);
  let finished: FinishedTrial;
  try {
    await download(connection.redis, outcome.artefact, draft.folder);
    finished = (await readJson(join(draft.folder, 'trial.json'))) as FinishedTrial;
    if (finished?.id !== id || finished.result?.kind !== trial.kind)
      throw new Error(`${outcome.worker} sent another trial's folder`);
    await rm(join(draft.folder, 'trial.json'));
    await draft.commit(finished);
  } catch (error) {
    await draft.discard();
    if (connection.redis.status !== 'ready') throw error;
    const message = `from ${outcome.worker}: ${error instanceof Error ? error.message : String(error)}`;
    return fail(planned, { message, stack: null }, production);
  }
  const runnerSeconds = (performance.now() - started) / 1000;
  await store.recordTiming({ id, seconds: outcome.seconds, runnerSeconds });
  production.computed++;
  end(finished, outcome.seconds, production);
}

/** Gives a trial up that all attempts failed of. */
async function give(planned: PlannedTrial, job: Job<TrialJob, TrialOutcome>, production: Production): Promise<void> {
  const { failure } = job.data;
  if (failure === undefined || failure.message !== job.failedReason) {
    const message = /stalled/.test(job.failedReason)
      ? 'every worker that took it died or was silent for too long'
      : job.failedReason.replace(/\s+/g, ' ');
    return fail(planned, { message, stack: null }, production);
  }
  const message = `${failure.message} (on ${failure.worker})`;
  if (!failure.input) return fail(planned, { message: failure.message, stack: failure.stack }, production);
  production.queued.delete(planned.id);
  await dismiss(planned.id, job, production);
  await withdraw(production);
  throw new InputError(message);
}

async function fail(
  { id, trial }: PlannedTrial,
  { message, stack }: { readonly message: string; readonly stack: string | null },
  production: Production,
): Promise<void> {
  const failed = { id, trial, message, stack, failedAt: new Date().toISOString() };
  await production.store.recordFailure(failed);
  end(failed, null, production);
}

function end(outcome: FinishedTrial | FailedTrial, seconds: number | null, production: Production): void {
  const { finished, failed, onEvent } = production;
  if ('result' in outcome) {
    finished.set(outcome.id, outcome);
    onEvent({ type: 'finished', finished: outcome, seconds });
  } else {
    failed.set(outcome.id, outcome);
    onEvent({ type: 'failed', failed: outcome });
  }
}

/** Removes a trial that has ended from Redis, unless another run waits for it. */
async function dismiss(id: string, job: Job<TrialJob, TrialOutcome>, production: Production): Promise<void> {
  const { connection, version, run } = production;
  const wanted = wantedKey(version, id);
  await connection.redis.srem(wanted, run);
  if ((await connection.redis.scard(wanted)) > 0) return;
  const artefact = (job.returnvalue as TrialOutcome | null)?.artefact;
  if (artefact !== undefined) await discard(connection.redis, artefact);
  await job.remove();
}

/** Takes those trials back that nobody works on. */
async function withdraw(production: Production): Promise<void> {
  const { queue, queued } = production;
  const back: PlannedTrial[] = [];
  for (const job of await queue.getJobs(['waiting', 'delayed'])) {
    const planned = job && queued.get(job.data.id);
    if (planned === undefined) continue;
    queued.delete(planned.id);
    await dismiss(planned.id, job, production);
    back.push(planned);
  }
  production.waiting = [...back, ...production.waiting];
}

/** Says that this run is there, shows what workers do, and queues again what got lost. */
async function lookAround(production: Production): Promise<void> {
  const { queue, queued, version, connection, open, shown, onEvent, onNote } = production;
  const { redis } = connection;
  const [now] = await redis.time();
  await redis.zadd(PRODUCERS_KEY, now, version);
  for (const { artefact } of open.values()) await redis.expire(artefact.key, KEPT_SECONDS);
  for (const job of await queue.getActive(0, MOST_QUEUED)) {
    const planned = job && queued.get(job.data.id);
    if (planned === undefined) continue;
    const progress = JSON.stringify(job.progress);
    if (!shown.has(planned.id)) onEvent({ type: 'started', planned });
    if (typeof job.progress === 'object' && shown.get(planned.id) !== progress)
      onEvent({ type: 'progress', planned, progress: job.progress as TrialProgress });
    shown.set(planned.id, progress);
  }
  for (const planned of queued.values()) {
    if ((await redis.exists(queue.toKey(jobName(planned.id)))) === 1) continue;
    // Somebody emptied Redis, or it came back without its memory.
    queued.delete(planned.id);
    open.delete(planned.trainId ?? '');
    production.waiting = [planned, ...production.waiting];
  }
  if (!shown.has('') && queued.size > 0 && (await queue.getWorkersCount()) === 0) {
    shown.set('', '');
    onNote(`no worker is there yet; start some: outlast worker --queue ${connection.shown}`);
  }
}
