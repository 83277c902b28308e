import type { DataSource } from './dataset.ts';

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
