import type { ImageSize } from './dataset.ts';
import { DATASET_NAMES, type DatasetName } from './datasets/catalogue.ts';

/** Where a data set comes from: a published one by its name, or a folder of PNG and JPEG images by class. */
export type DataSource =
  | { readonly name: DatasetName }
  | ({ readonly name: 'folder'; readonly path: string } & ImageSize);

/** What a data set may be called in a study file. */
export const SOURCE_NAMES: readonly DataSource['name'][] = [...DATASET_NAMES, 'folder'];

/** A data set as a study uses it: which images train, and which test. */
export type DataSpec = DataSource & {
  /** Training and test images are joined and divided again, by the seed; left out: as they are published. */
  readonly split?: 'shuffled';
  /** The files were made by a program in the format of the data set, and say so; left out, they are the data set's own. */
  readonly generated?: true;
  /** Images used for training and for measuring test accuracy; null means all of the split, or 80 % and 20 % of a shuffled one. */
  readonly train: number | null;
  readonly test: number | null;
  /** Images of those to train on that are held out and classified after every epoch; left out, none are. */
  readonly validation?: number;
};
