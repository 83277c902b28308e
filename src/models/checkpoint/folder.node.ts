/** The checkpoints of a training: `checkpoint-BATCHES.safetensors` in a folder, of which the last few are kept. */
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { explainFileError } from '../../base/files.node.ts';
import { writeCheckpoint } from './file.node.ts';
import type { Checkpoint } from './safetensors.ts';

const NAME = /^checkpoint-(\d+)\.safetensors$/;
/** What writing leaves when it is killed. */
const LEFT_OVER = /^\.checkpoint-\d+\.safetensors\.[0-9a-f]+\.tmp$/;

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw explainFileError(error, 'read', folder);
  });
}

const inOrder = (names: readonly string[]) =>
  names.filter((name) => NAME.test(name)).sort((a, b) => Number(NAME.exec(a)?.[1]) - Number(NAME.exec(b)?.[1]));

/**
 * Writes a checkpoint, all or nothing, and then removes all but the last `keep`.
 * @param batches trained so far
 * @throws InputError when the folder cannot be written
 */
export async function writeKeptCheckpoint(
  folder: string,
  batches: number,
  checkpoint: Checkpoint,
  keep: number,
): Promise<string> {
  const path = join(folder, `checkpoint-${String(batches).padStart(8, '0')}.safetensors`);
  await writeCheckpoint(path, checkpoint);
  await removeSuperfluous(folder, keep);
  return path;
}

/** Removes all checkpoints but the last `keep`, and what a killed process left of others. */
export async function removeSuperfluous(folder: string, keep: number): Promise<void> {
  const names = await namesIn(folder);
  const superfluous = inOrder(names).slice(0, -keep);
  for (const name of [...superfluous, ...names.filter((each) => LEFT_OVER.test(each))])
    await rm(join(folder, name), { force: true });
}

/** Whether a folder holds checkpoints; one that does not exist holds none. */
export async function hasCheckpoints(folder: string): Promise<boolean> {
  return existsSync(folder) && inOrder(await namesIn(folder)).length > 0;
}

/** The last checkpoint in a folder. @throws InputError when there is none */
export async function latestCheckpoint(folder: string): Promise<string> {
  const last = inOrder(await namesIn(folder)).at(-1);
  if (last === undefined) throw new InputError(`${folder}: no checkpoint-*.safetensors to go on from`);
  return join(folder, last);
}
