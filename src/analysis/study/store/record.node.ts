import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { fileDigest, readBytes, readJson, writeFileAtomic } from '../../../base/files.node.ts';
import type { FinishedTrial, Trial } from '../trial/trial.ts';
import { failureMistake, finishedMistake } from './finishedSchema.ts';
import type { FailedTrial } from './store.ts';

/** The record of a finished trial, in its folder. */
export const RECORD = 'trial.json';

/** SHA-256 of the files of a trial's folder, as `sha256sum --check` reads them. */
const SUMS = 'SHA256SUMS';

/** Writes the digests of a trial's files beside them, so that a later change of one is noticed. */
export async function seal(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== SUMS).sort();
  await writeFileAtomic(
    join(folder, SUMS),
    names.map((name) => `${fileDigest(join(folder, name))}  ${name}\n`),
  );
}

/** The digests that a trial's folder names, by file; null where an earlier version kept it. @throws InputError for damaged ones */
async function sumsOf(folder: string): Promise<ReadonlyMap<string, string> | null> {
  const file = join(folder, SUMS);
  if (!existsSync(file)) return null;
  const lines = new TextDecoder()
    .decode(await readBytes(file))
    .split('\n')
    .slice(0, -1);
  return new Map(
    lines.map((line) => {
      const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line) ?? [];
      if (sum === undefined) throw new InputError(`${file}: damaged, it holds no SHA-256 of files; ${advice(folder)}`);
      return [name, sum];
    }),
  );
}

const advice = (folder: string) => `remove ${folder} to compute the trial again`;

function checkDigest(folder: string, name: string, sum: string | undefined): void {
  const file = join(folder, name);
  if (fileDigest(file) !== sum)
    throw new InputError(
      `${file}: changed since the trial was kept, its SHA-256 is not that of ${SUMS}; ${advice(folder)}`,
    );
}

/**
 * Checks the files of a trial's folder against their digests, where it has them.
 * @throws InputError one was changed, or is gone
 */
export async function verifyFiles(folder: string): Promise<void> {
  for (const [name, sum] of (await sumsOf(folder)) ?? []) checkDigest(folder, name, sum);
}

/**
 * The record of a finished trial, and whether a digest beside it holds it; null where there is none.
 * @throws InputError it was changed, or is no record of the trial: a folder gets its name only when it is whole
 */
export async function readTrial(
  folder: string,
  id: string,
  trial: Trial,
): Promise<{ readonly finished: FinishedTrial; readonly sealed: boolean } | null> {
  if (!existsSync(folder)) return null;
  const sums = await sumsOf(folder);
  const file = join(folder, RECORD);
  if (sums !== null) checkDigest(folder, RECORD, sums.get(RECORD));
  const found = await readJson(file).catch((error: unknown) => {
    throw error instanceof InputError ? new InputError(`${error.message}; ${advice(folder)}`) : error;
  });
  const mistake = finishedMistake(found, id, trial);
  if (mistake !== null) throw new InputError(`${file}: damaged, ${mistake}; ${advice(folder)}`);
  // Where a model's file lies, and what it cost, is as the study says now.
  return { finished: { ...(found as FinishedTrial), trial }, sealed: sums !== null };
}

/** The record of a trial that failed; null where there is none. @throws InputError it is damaged */
export async function readFailure(file: string, id: string): Promise<FailedTrial | null> {
  if (!existsSync(file)) return null;
  const found = await readJson(file);
  const mistake = failureMistake(found, id);
  if (mistake !== null) throw new InputError(`${file}: damaged, ${mistake}; remove it to try the trial again`);
  return found as FailedTrial;
}
