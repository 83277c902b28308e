import { entryOf } from '../../../base/catalogue.ts';
import { cifar10 } from './cifar10.ts';
import { cifar100 } from './cifar100.ts';
import type { Archive, DatasetDefinition } from './defineDataset.ts';
import { mnist } from './mnist.ts';

/** All published data sets: study files, flags, their help, estimates of time and the documentation follow from this list. */
export const DATASETS = [mnist, cifar10, cifar100] as const;

export type DatasetName = (typeof DATASETS)[number]['name'];

export const DATASET_NAMES: readonly DatasetName[] = DATASETS.map(({ name }) => name);

/** Data sets that are downloaded when they are first asked for. */
export type ArchivedName = Extract<(typeof DATASETS)[number], { readonly archive: Archive }>['name'];

/** The official archives of the data sets that have one. */
export const ARCHIVES = Object.fromEntries(
  DATASETS.flatMap((dataset) => ('archive' in dataset ? [[dataset.name, dataset.archive]] : [])),
) as Readonly<Record<ArchivedName, Archive>>;

/** The data set of a name. @throws InputError when there is none */
export const datasetNamed = (name: string): DatasetDefinition => entryOf<DatasetDefinition>('data set', DATASETS, name);
