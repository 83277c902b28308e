import { InvalidArgumentError } from 'commander';
import type { DataDir } from '../../models/data/load.node.ts';
import { DATASET_NAMES } from '../../models/index.ts';

const NAMED = new RegExp(`^(${DATASET_NAMES.join('|')})=(.+)$`);

/** Reads `--data-dir FOLDER`, or `--data-dir NAME=FOLDER`, which may be given for several data sets. */
export function parseDataDir(text: string, before?: DataDir): DataDir {
  const [, name, folder] = NAMED.exec(text) ?? [];
  if (typeof before === 'string' || (before !== undefined && name === undefined))
    throw new InvalidArgumentError('Several folders need the names of their data sets: cifar10=FOLDER.');
  if (name === undefined) return text;
  if (before?.[name] !== undefined) throw new InvalidArgumentError(`A folder for ${name} is given already.`);
  return { ...before, [name]: folder };
}

/** The flags that give another process the same folders. */
export function dataDirWords(dataDir: DataDir | undefined): string[] {
  if (dataDir === undefined) return [];
  if (typeof dataDir === 'string') return ['--data-dir', dataDir];
  return Object.entries(dataDir).flatMap(([name, folder]) => ['--data-dir', `${name}=${folder}`]);
}
