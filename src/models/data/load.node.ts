/** Data sets by name. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { ARCHIVES, type ArchivedName, type DatasetName } from './datasets/catalogue.ts';
import type { Archive } from './datasets/defineDataset.ts';
import { datasetsFolder, obtainArchive } from './sources/archives.node.ts';
import { loadCifar10, loadCifar100 } from './sources/cifar.node.ts';
import type { DownloadOptions } from './sources/download.node.ts';
import { loadImageFolder } from './sources/imageFolder.node.ts';
import { loadMnist } from './sources/mnist.node.ts';
import type { DataSource } from './spec.ts';

/** Reads the official files in a folder; of a data set that comes with npm the folder may be left out. */
type Reader<N extends DatasetName> = N extends ArchivedName
  ? (folder: string) => Promise<Dataset>
  : (folder?: string) => Promise<Dataset>;

const READERS: { readonly [N in DatasetName]: Reader<N> } = {
  mnist: loadMnist,
  cifar10: loadCifar10,
  cifar100: loadCifar100,
};

/** A folder with official files; or several, by the names of the data sets that they hold. */
export type DataDir = string | Readonly<Record<string, string>>;

export interface LoadOptions {
  /** Folder with the official files, or above the folder that they are unpacked in. Without it they come with npm, or from the web. */
  readonly dataDir?: DataDir;
  /** Where archives are unpacked to without `dataDir`; the cache when left out. */
  readonly cache?: string;
  /** In place of the official archives. */
  readonly archives?: Readonly<Record<ArchivedName, Archive>>;
  readonly download?: Partial<Pick<DownloadOptions, 'idleSeconds' | 'retrySeconds'>>;
  readonly onDownload?: DownloadOptions['onProgress'];
}

/**
 * Loads a data set, as it is published: `splitDataset` divides it. Archives are downloaded when they are first asked for.
 * @throws InputError in one line: no internet, a file missing or damaged, no such folder
 */
export async function loadDataset(source: DataSource, options: LoadOptions = {}): Promise<Dataset> {
  const dataDir = typeof options.dataDir === 'object' ? options.dataDir[source.name] : options.dataDir;
  const dataset = await loadFrom(source, dataDir, options);
  const named = source.name === 'folder' ? source.path : dataDir;
  return named === undefined ? dataset : { ...dataset, folder: resolve(named) };
}

async function loadFrom(source: DataSource, dataDir: string | undefined, options: LoadOptions): Promise<Dataset> {
  if (source.name === 'folder') {
    if (dataDir !== undefined)
      throw new InputError('--data-dir is for official files; the folder of images is named by the data set itself');
    return loadImageFolder(source.path, source);
  }
  if (isArchived(source.name)) return READERS[source.name](await officialFolder(source.name, dataDir, options));
  return READERS[source.name](dataDir);
}

const isArchived = (name: DatasetName): name is ArchivedName => name in ARCHIVES;

async function officialFolder(name: ArchivedName, dataDir: string | undefined, options: LoadOptions): Promise<string> {
  const { cache = datasetsFolder(), archives = ARCHIVES, download, onDownload } = options;
  if (dataDir === undefined) return obtainArchive(archives[name], cache, { ...download, onProgress: onDownload });
  const inside = join(dataDir, archives[name].folder);
  return existsSync(inside) ? inside : dataDir;
}
