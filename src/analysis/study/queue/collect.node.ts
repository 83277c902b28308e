import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Job } from 'bullmq';
import { InputError } from '../../../base/errors.ts';
import { readJson } from '../../../base/files.node.ts';
import { endedSince, type PlannedTrial } from '../run/run.ts';
import { finishedMistake } from '../store/finishedSchema.ts';
import type { FinishedTrial } from '../trial/trial.ts';
import { discard, download } from './artefact.node.ts';
import { jobName, type TrialJob, type TrialOutcome, wantedKey } from './job.ts';
import { artefactIn, outcomeOf } from './jobSchema.ts';
import { end, fail, type Production } from './production.node.ts';

/**
 * Keeps what came of the trials that ended, and takes them out of the queue.
 * @returns how many they were
 * @throws InputError a trial found wrong input
 */
export async function settleEnded(production: Production): Promise<number> {
  const { queue, queued, connection } = production;
  const before = queued.size;
  for (const state of ['completed', 'failed'] as const)
    for (const name of await connection.redis.zrange(queue.toKey(state), 0, -1)) {
      const planned = queued.get(name.slice(jobName('').length));
      if (planned === undefined) continue;
      const job = await queue.getJob(name);
      if (job !== undefined) await settle(planned, job, state, production);
    }
  return before - queued.size;
}

/** Takes those trials out of the queue that a run before this one has kept: it was killed before it could. */
export async function dismissKept(production: Production): Promise<void> {
  const { queue, finished, connection } = production;
  for (const name of await connection.redis.zrange(queue.toKey('completed'), 0, -1)) {
    const id = name.slice(jobName('').length);
    const job = finished.has(id) ? await queue.getJob(name) : undefined;
    if (job !== undefined) await dismiss(id, job, production);
  }
}

async function settle(
  planned: PlannedTrial,
  job: Job<TrialJob, TrialOutcome>,
  state: 'completed' | 'failed',
  production: Production,
): Promise<void> {
  const claim = production.store.claim(planned.id);
  if (claim === null) return;
  let wrongInput: InputError | null = null;
  try {
    const elsewhere = await endedSince(planned, production.store, production.earlier);
    if (elsewhere !== null) end(elsewhere, null, production);
    else if (state === 'completed') {
      if (!(await collect(planned, job, production))) return;
    } else wrongInput = await giveUp(planned, job, production);
  } finally {
    claim.release();
  }
  production.queued.delete(planned.id);
  await dismiss(planned.id, job, production);
  if (wrongInput !== null) throw wrongInput;
}

/**
 * Brings a trial's folder into the store.
 * @returns false when Redis died since and came back without its memory: lost jobs are found by those who look around, and queued again
 */
async function collect(
  planned: PlannedTrial,
  job: Job<TrialJob, TrialOutcome>,
  production: Production,
): Promise<boolean> {
  const { store, connection, queue, onNote } = production;
  const outcome = job.returnvalue;
  const { id, trial } = planned;
  const started = performance.now();
  const draft = await store.begin(id);
  let finished: FinishedTrial;
  try {
    await download(connection.redis, outcomeOf(outcome).artefact, draft.folder);
    finished = (await readJson(join(draft.folder, 'trial.json'))) as FinishedTrial;
    const mistake = finishedMistake(finished, id, trial);
    if (mistake !== null) throw new Error(`what it sent is no result of the trial: ${mistake}`);
    await rm(join(draft.folder, 'trial.json'));
    await draft.commit(finished);
  } catch (error) {
    // Why the trial was not kept is told first; the next run removes what is left of the draft.
    await draft.discard().catch((second: Error) => onNote(`cannot remove ${draft.folder}: ${second.message}`));
    if (connection.redis.status !== 'ready') throw error;
    if ((await queue.getJob(jobName(id))) === undefined) return false;
    const message = `from ${outcome?.worker ?? 'a worker'}: ${error instanceof Error ? error.message : String(error)}`;
    await fail(planned, { message, stack: null }, production);
    return true;
  }
  const runnerSeconds = (performance.now() - started) / 1000;
  await store.recordTiming({ id, seconds: outcome.seconds, runnerSeconds });
  production.computed++;
  end(finished, outcome.seconds, production);
  return true;
}

/** Gives a trial up that all attempts failed of. @returns what ends the run: wrong input is no failure of the trial */
async function giveUp(
  planned: PlannedTrial,
  job: Job<TrialJob, TrialOutcome>,
  production: Production,
): Promise<InputError | null> {
  const { failure } = job.data;
  if (failure?.message === job.failedReason) {
    if (failure.input) return new InputError(`${failure.message} (on ${failure.worker})`);
    await fail(planned, { message: failure.message, stack: failure.stack }, production);
    return null;
  }
  const message = /stalled/.test(job.failedReason)
    ? 'every worker that took it died or was silent for too long'
    : job.failedReason.replace(/\s+/g, ' ');
  await fail(planned, { message, stack: null }, production);
  return null;
}

/**
 * Removes a trial from Redis that has ended, or that nobody works on, unless another run waits for it.
 * @returns false when a worker has taken it in between: it stays
 */
export async function dismiss(
  id: string,
  job: Job<TrialJob, TrialOutcome>,
  { connection: { redis }, version, run }: Production,
): Promise<boolean> {
  const wanted = wantedKey(version, id);
  await redis.srem(wanted, run);
  if ((await redis.scard(wanted)) > 0) return true;
  const artefact = artefactIn(job.returnvalue);
  try {
    await job.remove();
  } catch (error) {
    if (!(error instanceof Error && /locked by another worker/.test(error.message))) throw error;
    await redis.sadd(wanted, run);
    return false;
  }
  if (artefact !== undefined) await discard(redis, artefact);
  return true;
}
