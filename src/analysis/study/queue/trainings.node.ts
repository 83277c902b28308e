import type { PlannedTrial } from '../run/run.ts';
import { discard, KEPT_SECONDS, upload } from './artefact.node.ts';
import { type Artefact, trainingKey } from './job.ts';
import type { Production } from './production.node.ts';

/** Trainings whose weights lie in Redis for their attacks. */
const MOST_TRAININGS_OPEN = 8;

/** Puts a training's folder into Redis for its attacks. @returns false when too many lie there */
export async function openTraining(id: string, { open, store, connection, version }: Production): Promise<boolean> {
  if (open.has(id)) return true;
  if (open.size >= MOST_TRAININGS_OPEN) return false;
  const { redis } = connection;
  const key = trainingKey(version, id);
  const left = await redis.get(key);
  let artefact = left === null ? null : (JSON.parse(left) as Artefact);
  // What a killed run left there serves as well, if it is still whole.
  if (artefact === null || (await redis.expire(artefact.key, KEPT_SECONDS)) === 0) {
    await store.verify(id);
    artefact = await upload(redis, store.folderOf(id));
    await redis.set(key, JSON.stringify(artefact), 'EX', KEPT_SECONDS);
  }
  open.set(id, artefact);
  return true;
}

/** Takes the trainings out of Redis that no attack of this run starts from any more. @param attacks those that are still to come */
export async function closeTrainings(production: Production, attacks: Iterable<PlannedTrial>): Promise<void> {
  const { open, version, connection, queue } = production;
  if (open.size === 0) return;
  const needed = new Set<string | null>();
  for (const { trainId } of attacks) needed.add(trainId);
  const idle = [...open].filter(([id]) => !needed.has(id));
  if (idle.length === 0) return;
  // Another run may have queued attacks on the same model.
  const others = new Set((await queue.getJobs(['active', 'waiting', 'delayed'])).map((job) => job?.data.trainId));
  for (const [id, artefact] of idle) {
    open.delete(id);
    if (others.has(id)) continue;
    await connection.redis.unlink(trainingKey(version, id));
    await discard(connection.redis, artefact);
  }
}
