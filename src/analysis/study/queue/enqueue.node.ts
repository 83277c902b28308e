import { endedSince, type PlannedTrial } from '../run/run.ts';
import { KEPT_SECONDS } from './artefact.node.ts';
import { dismiss } from './collect.node.ts';
import { jobName, wantedKey } from './job.ts';
import { end, fail, isSpent, type Production } from './production.node.ts';
import { openTraining } from './trainings.node.ts';

/** A trial is tried so often, on any workers, before it counts as failed. */
const ATTEMPTS = 3;

/** Before the second attempt; twice as long before every further one. */
const BACKOFF_MILLISECONDS = 1000;

/** Bounds what lies in Redis when results are not collected: trials, among them trainings with their weights. */
export const MOST_QUEUED = 512;
const MOST_TRAININGS_QUEUED = 16;

/** Queues what can be computed now. */
export async function fill(production: Production): Promise<void> {
  const later: PlannedTrial[] = [];
  let trainings = [...production.queued.values()].filter(({ trainId }) => trainId === null).length;
  for (const planned of production.waiting) {
    const isTraining = planned.trainId === null;
    const isFull = production.queued.size >= MOST_QUEUED || (isTraining && trainings >= MOST_TRAININGS_QUEUED);
    if (isFull || isSpent(production) || !(await enqueue(planned, production))) later.push(planned);
    else if (isTraining) trainings++;
  }
  production.waiting = later;
}

/** @returns false when the trial must wait for its training, or for other attacks */
async function enqueue(planned: PlannedTrial, production: Production): Promise<boolean> {
  const { id, trial, trainId } = planned;
  const { queue, version, run, label, finished, failed } = production;
  if (trainId !== null && failed.has(trainId)) {
    await fail(planned, { message: `its training ${trainId} failed`, stack: null }, production);
    return true;
  }
  if (trainId !== null && !finished.has(trainId)) return false;
  const elsewhere = await endedSince(planned, production.store, production.earlier);
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
  return true;
}

/** Takes those trials back that nobody works on. */
export async function withdraw(production: Production): Promise<void> {
  const { queue, queued } = production;
  const back: PlannedTrial[] = [];
  for (const job of await queue.getJobs(['waiting', 'delayed'])) {
    const planned = job && queued.get(job.data.id);
    if (planned === undefined || !(await dismiss(planned.id, job, production))) continue;
    queued.delete(planned.id);
    back.push(planned);
  }
  production.waiting = [...back, ...production.waiting];
}
