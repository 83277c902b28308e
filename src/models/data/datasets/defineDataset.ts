/** A .tar.gz with the official files of a data set. */
export interface Archive {
  readonly url: string;
  readonly md5: string;
  /** The folder in it that holds the data set. */
  readonly folder: string;
}

/** Images of each class, in the order of the classes, in each part of a data set. */
export interface ClassCounts {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** All that is known of a published data set before its files are read; a reader of its format is named in `load.node.ts`. */
export interface DatasetDefinition<N extends string = string> {
  /** As study files and commands call it. */
  readonly name: N;
  readonly title: string;
  /** Where it was published. */
  readonly source: string;
  /** The terms that it is published under. */
  readonly licence: string;
  /** Where its files come from when nobody names their folder, in a few words. */
  readonly obtained: string;
  /** Shape of every image. */
  readonly image: readonly [channels: number, height: number, width: number];
  /** Images of each class as published. */
  readonly counts: ClassCounts;
  /** What is downloaded when the data set is first asked for; left out where its files come with npm. */
  readonly archive?: Archive;
  /** Whether files that a program made in its format may stand for it, where a study says so. */
  readonly mayBeGenerated?: true;
  /** What other programs call it, in small letters and digits only. */
  readonly aliases: readonly string[];
}

/** A published data set for the catalogue: its file holds all that there is to know of it. */
export const defineDataset = <const D extends DatasetDefinition>(definition: D): D => definition;

/** Counts of so many classes with as many images each. */
export const equalClasses = (classes: number, train: number, test: number): ClassCounts => ({
  train: new Array<number>(classes).fill(train),
  test: new Array<number>(classes).fill(test),
});
