import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { abandonedIn } from './store.node.ts';

/** Something in a run's folder that nothing needs. */
export interface Leftover {
  readonly path: string;
  readonly kind: 'unfinished' | 'failure' | 'orphan';
  readonly why: string;
}

/**
 * What a run's folder holds beyond the finished trials of its study and the failures of those that are missing.
 * @param ids of the study's trials
 */
export async function leftovers(run: string, ids: ReadonlySet<string>): Promise<Leftover[]> {
  const found: Leftover[] = (await abandonedIn(run)).map((path) => ({
    path,
    kind: 'unfinished',
    why: 'left by a process that has ended',
  }));
  const trials = join(run, 'trials');
  for (const entry of await readdir(trials)) {
    const path = join(trials, entry);
    const [, id, ending] = /^([0-9a-f]{24})(\.error\.json)?$/.exec(entry) ?? [];
    if (id === undefined) continue;
    const known = ids.has(id);
    if (ending === undefined && !known) found.push({ path, kind: 'orphan', why: 'not in the study' });
    if (ending !== undefined && !known) found.push({ path, kind: 'failure', why: 'not in the study' });
    if (ending !== undefined && known && existsSync(join(trials, id)))
      found.push({ path, kind: 'failure', why: 'the trial has been finished since' });
  }
  return found;
}

export async function remove(found: readonly Leftover[]): Promise<void> {
  for (const { path } of found) await rm(path, { recursive: true, force: true });
}
