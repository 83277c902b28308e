/** Flags that name what will be written: a path that cannot be written is refused before any work, not after it. */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { pathMistake } from '../../base/files.node.ts';

/** A file to be written; folders that are missing will be made. */
export function outputFile(path: string): string {
  if (checkedPlace(path)?.isDirectory()) throw new InvalidArgumentError('It is a folder, not a file.');
  return path;
}

/** A folder to write to, which need not exist. */
export function outputFolder(path: string): string {
  if (checkedPlace(path)?.isDirectory() === false) throw new InvalidArgumentError('It is a file, not a folder.');
  return path;
}

/** What is at a path; undefined where something may be made. */
function checkedPlace(path: string): Stats | undefined {
  const found = statOf(path);
  let folder = resolve(path);
  if (found?.isDirectory() !== true) folder = dirname(folder);
  let above = statOf(folder);
  while (above === undefined) {
    folder = dirname(folder);
    above = statOf(folder);
  }
  if (!above.isDirectory()) throw new InvalidArgumentError('A part of the path is a file, not a folder.');
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new InvalidArgumentError(`The folder ${folder} may not be written to.`);
  }
  return found;
}

/** The file's status; undefined where there is nothing, or where a part of the path is a file. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new InvalidArgumentError(`It cannot be used: ${pathMistake(error) ?? (error as Error).message}.`);
  }
}
