import type { Queue } from 'bullmq';
import { InputError } from '../../../base/errors.ts';
import type { Study } from '../file/schema.ts';
import type { TrialProgress } from '../run/machine.ts';
import { beginRun, type RunOutcome } from '../run/run.ts';
import { KEPT_SECONDS } from './artefact.node.ts';
import { dismissKept, settleEnded } from './collect.node.ts';
import { fill, MOST_QUEUED, withdraw } from './enqueue.node.ts';
import { jobName, PREFIX, PRODUCERS_KEY, queueName, type TrialJob, type TrialOutcome } from './job.ts';
import { isLate, isSpent, type ProduceOptions, type Production } from './production.node.ts';
import { isOfConnection } from './redisErrors.ts';
import { closeTrainings } from './trainings.node.ts';

const POLL_MILLISECONDS = 100;
const LOOK_AROUND_MILLISECONDS = 2000;

/**
 * Has the trials of a study that are missing computed by workers over a queue, trainings before their attacks, and keeps what they send in
 * the store as `runStudy` does. A run that was killed goes on from what is in its store and in the queue. A failing trial is tried
 * again, with backoff, and then recorded; the rest goes on.
 * @throws InputError a trial found wrong input; Error Redis is lost, or refuses (it is full, say)
 */
export async function produceStudy(study: Study, options: ProduceOptions): Promise<RunOutcome> {
  const { store, connection, select = (all) => all } = options;
  const { onEvent = () => undefined, onNote = () => undefined } = options;
  const { planned, finished, missing, earlier } = await beginRun(study, { store, select, onEvent });
  const queue = await openQueue(options);
  const production: Production = {
    ...options,
    queue,
    limits: study.limits,
    onEvent,
    onNote,
    began: performance.now(),
    earlier,
    finished,
    failed: new Map(),
    waiting: missing,
    queued: new Map(),
    open: new Map(),
    shown: new Map(),
    toldOfNoWorker: false,
    computed: 0,
    lookedAround: Number.NEGATIVE_INFINITY,
  };
  try {
    await connection.guard(produce(production));
  } catch (error) {
    // What ended the run is thrown, not what is met after it.
    await giveBack(error, production).catch((second: Error) =>
      onNote(`closing the queue failed too: ${second.message}`),
    );
    throw error;
  }
  await queue.close();
  const inOrder = <T>(trials: ReadonlyMap<string, T>) =>
    planned.map(({ id }) => trials.get(id)).filter((trial) => trial !== undefined);
  const { failed, computed, waiting } = production;
  return { finished: inOrder(finished), failed: inOrder(failed), computed, left: waiting.length };
}

async function openQueue({ connection, version, onNote }: ProduceOptions): Promise<Queue<TrialJob, TrialOutcome>> {
  const { Queue } = await import('bullmq');
  const queue = new Queue<TrialJob, TrialOutcome>(queueName(version), {
    connection: connection.redis,
    prefix: PREFIX,
    streams: { events: { maxLen: 100 } },
  });
  const told = new Set<string>();
  queue.on('error', (error) => {
    if (isOfConnection(error) || told.has(error.message)) return;
    told.add(error.message);
    onNote?.(`the queue reports: ${error.message}`);
  });
  return queue;
}

async function produce(production: Production): Promise<void> {
  const { queued } = production;
  await dismissKept(production);
  while (queued.size > 0 || (production.waiting.length > 0 && !isSpent(production))) {
    await fill(production);
    if ((await settleEnded(production)) > 0)
      await closeTrainings(production, [...production.waiting, ...queued.values()]);
    if (performance.now() - production.lookedAround > LOOK_AROUND_MILLISECONDS) {
      production.lookedAround = performance.now();
      await lookAround(production);
      if (isLate(production)) await withdraw(production);
    }
    if (queued.size + production.waiting.length > 0)
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
  await closeTrainings(production, []);
  if (production.waiting.length > 0)
    production.onEvent({ type: 'stopped', left: production.waiting.length, why: 'limits' });
}

/** Leaves the queue after an error. Where the input is wrong, no worker shall begin another trial of the run. */
async function giveBack(error: unknown, production: Production): Promise<void> {
  if (error instanceof InputError) await production.connection.guard(withdraw(production));
  await production.queue.close();
}

/** Says that this run is there, shows what workers do, and takes back what Redis lost. */
async function lookAround(production: Production): Promise<void> {
  const { queue, queued, version, connection, open, onNote } = production;
  const { redis } = connection;
  const [now] = await redis.time();
  await redis.zadd(PRODUCERS_KEY, now, version);
  for (const artefact of open.values()) await redis.expire(artefact.key, KEPT_SECONDS);
  await showActive(production);
  for (const planned of queued.values()) {
    if ((await redis.exists(queue.toKey(jobName(planned.id)))) === 1) continue;
    // Somebody emptied Redis, or it came back without its memory.
    queued.delete(planned.id);
    open.delete(planned.trainId ?? '');
    production.waiting = [planned, ...production.waiting];
  }
  if (!production.toldOfNoWorker && queued.size > 0 && (await queue.getWorkersCount()) === 0) {
    production.toldOfNoWorker = true;
    onNote(`no worker is there yet; start some: outlast worker --queue ${connection.shown}`);
  }
}

/** Tells how far the trials are that workers compute. */
async function showActive({ queue, queued, shown, onEvent }: Production): Promise<void> {
  for (const job of await queue.getActive(0, MOST_QUEUED)) {
    const planned = job && queued.get(job.data.id);
    if (planned === undefined) continue;
    const progress = JSON.stringify(job.progress);
    if (!shown.has(planned.id)) onEvent({ type: 'started', planned });
    if (typeof job.progress === 'object' && shown.get(planned.id) !== progress)
      onEvent({ type: 'progress', planned, progress: job.progress as TrialProgress });
    shown.set(planned.id, progress);
  }
}
