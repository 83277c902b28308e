/** Where the images lie now that a checkpoint's model was trained on. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { DataSource } from '../data/spec.ts';
import type { TrainedOn } from './trainedOn.ts';

export interface TrainingPlace {
  readonly source: DataSource;
  /** Folder of the official files; undefined where nobody named one. */
  readonly dataDir: string | undefined;
}

/**
 * The remembered source, and the folder that it was read from. A folder of images is looked for where it was, and then by the path that was
 * given, from the folder of this process; `loadDataset` tells where it is in neither place.
 * @param file whose training it was, as messages call it
 * @param dataDir where the official files are, if it is known better
 * @throws InputError when official files were read from a folder that is not there
 */
export function trainingPlace({ source, folder }: TrainedOn, file: string, dataDir?: string): TrainingPlace {
  if (source.name === 'folder') {
    const isMoved = folder !== undefined && folder !== resolve(source.path) && existsSync(folder);
    return { source: isMoved ? { ...source, path: folder } : source, dataDir };
  }
  if (dataDir === undefined && folder !== undefined && !existsSync(folder))
    throw new InputError(
      `${file}: was trained on the files of ${source.name} in ${folder}, which is not there; --data-dir names their folder, and --data ${source.name} takes the published ones`,
    );
  return { source, dataDir: dataDir ?? folder };
}
