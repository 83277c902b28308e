import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../engine/errors.ts';
import { explainFileError, readJson, writeFileAtomic } from '../../engine/platform/files.node.ts';
import { renameFolderDurably } from './folder.node.ts';
import { canonicalJson } from './identity.ts';
import { type Lock, lock } from './lock.node.ts';
import type { ParsedStudy } from './parse.ts';
import { readStudy } from './read.node.ts';
import type { RunStore } from './store.ts';
import type { FinishedTrial, Trial } from './trial.ts';

/** The folder of a run, opened for writing by this process alone. */
export interface OpenRun {
  readonly store: RunStore;
  close(): void;
}

/** What an unfinished trial (`.tmp-ID-PID`) or an unfinished atomic write (`.NAME.RANDOM.tmp`) is called. */
const UNFINISHED = /^\.(tmp-.*|.*\.tmp)$/;

/**
 * Opens `runs/NAME/` for running a study: makes it if need be, keeps other processes out, removes what killed ones left
 * unfinished, and writes `study.json`.
 * @throws InputError the folder holds something else than a run, or cannot be written
 * @throws LockedError another living process works in it
 */
export async function openRun(folder: string, { document }: ParsedStudy): Promise<OpenRun> {
  await refuseForeignFolder(folder);
  await makeFolder(join(folder, 'trials'));
  const held: Lock = await lock(folder);
  try {
    // Only the holder of the lock writes here, so everything unfinished is a dead process's.
    await removeUnfinished(folder);
    await removeUnfinished(join(folder, 'trials'));
    await writeFileAtomic(join(folder, 'study.json'), `${JSON.stringify(document, null, 2)}\n`);
  } catch (error) {
    held.release();
    throw error;
  }
  return { store: storeIn(folder), close: () => held.release() };
}

/**
 * The study and the trials of a run folder, for reading only.
 * @throws InputError the folder holds no run
 */
export async function readRun(folder: string): Promise<{ parsed: ParsedStudy; store: Pick<RunStore, 'read'> }> {
  if (!existsSync(folder))
    throw new InputError(`${folder}: no such folder; give that of a run, such as runs/quickstart`);
  const file = join(folder, 'study.json');
  if (!existsSync(file)) throw new InputError(`${folder}: not the folder of a run (it holds no study.json)`);
  return { parsed: await readStudy(file), store: storeIn(folder) };
}

async function refuseForeignFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  let entries: string[];
  try {
    entries = await readdir(folder);
  } catch (error) {
    throw explainFileError(error, 'read', folder);
  }
  // A process killed while it made the folder leaves these and no study.json yet.
  const foreign = entries.filter(
    (entry) => entry !== 'trials' && !entry.startsWith('lock-') && !UNFINISHED.test(entry),
  );
  if (foreign.length > 0 && !entries.includes('study.json')) {
    throw new InputError(`${folder}: holds other files (${foreign[0]}); give a new folder, or that of an earlier run`);
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw explainFileError(error, 'write', folder);
  }
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (UNFINISHED.test(entry)) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

function storeIn(run: string): RunStore {
  const trials = join(run, 'trials');
  const folderOf = (id: string) => join(trials, id);
  const failureOf = (id: string) => join(trials, `${id}.error.json`);
  return {
    folderOf,
    read: (id, trial) => readTrial(folderOf(id), id, trial),
    begin: async (id) => {
      const folder = join(trials, `.tmp-${id}-${process.pid}`);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      return {
        folder,
        commit: async (finished) => {
          await writeFileAtomic(join(folder, 'trial.json'), `${JSON.stringify(finished)}\n`);
          await rm(failureOf(id), { force: true });
          await renameFolderDurably(folder, folderOf(id));
        },
        discard: () => rm(folder, { recursive: true, force: true }),
      };
    },
    recordFailure: (failed) => writeFileAtomic(failureOf(failed.id), `${JSON.stringify(failed, null, 2)}\n`),
  };
}

/** A trial's folder gets its name only when it is whole, so a record that is damaged was changed from outside. */
async function readTrial(folder: string, id: string, trial: Trial): Promise<FinishedTrial | null> {
  if (!existsSync(folder)) return null;
  const advice = `remove ${folder} to compute the trial again`;
  const file = join(folder, 'trial.json');
  const finished = (await readJson(file).catch((error: unknown) => {
    throw error instanceof InputError ? new InputError(`${error.message}; ${advice}`) : error;
  })) as Partial<FinishedTrial> | null;
  const same = finished?.id === id && finished.trial && canonicalJson(finished.trial) === canonicalJson(trial);
  if (!same || finished.result?.kind !== trial.kind || !finished.adapter) {
    throw new InputError(`${file}: damaged, it does not describe trial ${id}; ${advice}`);
  }
  return finished as FinishedTrial;
}
