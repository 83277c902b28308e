/** Images with labels, as bytes; what the loaders return and what training and attacks draw from. */

/** Part of a data set. All arrays are read-only by convention. */
export interface Split {
  /** [count, channels, height, width] in row-major order, one byte a pixel: the file's 0 to 255. */
  readonly images: Uint8Array;
  /** [count], each below the data set's `classes`. */
  readonly labels: Uint8Array;
  readonly count: number;
  /**
   * [count], where each image lies in the data set as it is published; left out: in this order. Training and test images are
   * numbered apart, unless they were joined: training images first, then test images.
   */
  readonly origins?: Uint32Array;
}

export interface Dataset {
  readonly name: string;
  /** Absolute path of the folder that its files were read from, where somebody named one; left out: where they are found by themselves. */
  readonly folder?: string;
  /** The files say that a program made them in the format of the data set. */
  readonly generated?: true;
  readonly classes: number;
  /** One for each class, where the data set has them. */
  readonly classNames?: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly train: Split;
  readonly test: Split;
}

/** How images are brought to one size: first `resize`, then `centreCrop`, each to so many pixels; left out where it is undefined. */
export interface ImageSize {
  readonly resize?: number;
  readonly crop?: number;
}

/** Indices into a split. */
export type Indices = ArrayLike<number>;

/** What a byte stands for: byte / 255, rounded to f32. */
export const PIXEL_VALUES = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);

function checkIndices(split: Split, indices: Indices): void {
  for (let i = 0; i < indices.length; i++) {
    if (!(Number.isInteger(indices[i]) && indices[i] >= 0 && indices[i] < split.count)) {
      throw new RangeError(`index ${indices[i]} is outside a split of ${split.count} images`);
    }
  }
}

function imageSize(split: Split): number {
  return split.count === 0 ? 0 : split.images.length / split.count;
}

/**
 * The images at `indices` as floats in [0, 1] (byte / 255, rounded to f32): [indices.length, channels, height, width].
 * @param out where to write; its length must fit exactly. New memory when left out.
 * @throws RangeError when an index is outside the split or `out` has another length.
 */
export function toFloat(split: Split, indices: Indices, out?: Float32Array): Float32Array {
  checkIndices(split, indices);
  const size = imageSize(split);
  const floats = out ?? new Float32Array(indices.length * size);
  if (floats.length !== indices.length * size) {
    throw new RangeError(`out has ${floats.length} elements, ${indices.length} images of ${size} need another number`);
  }
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i] * size;
    const to = i * size;
    for (let p = 0; p < size; p++) floats[to + p] = PIXEL_VALUES[split.images[from + p]];
  }
  return floats;
}

/**
 * The labels at `indices`: [indices.length].
 * @throws RangeError when an index is outside the split.
 */
export function labelsAt(split: Split, indices: Indices): Uint32Array {
  checkIndices(split, indices);
  return Uint32Array.from(indices, (index) => split.labels[index]);
}

/** Where the images at `indices` lie in the data set as it is published (see `Split.origins`): [indices.length]. */
export function originsAt(split: Split, indices: Indices): Uint32Array {
  checkIndices(split, indices);
  return Uint32Array.from(indices, (index) => split.origins?.[index] ?? index);
}

/**
 * A split of the images and labels at `indices`, in that order, copied; it remembers where they come from.
 * @throws RangeError when an index is outside the split.
 */
export function select(split: Split, indices: Indices): Split {
  checkIndices(split, indices);
  const size = imageSize(split);
  const images = new Uint8Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    images.set(split.images.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  }
  return {
    images,
    labels: Uint8Array.from(indices, (index) => split.labels[index]),
    count: indices.length,
    origins: originsAt(split, indices),
  };
}
