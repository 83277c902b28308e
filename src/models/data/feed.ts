/**
 * Batches for a compiled step. A data set that fits is uploaded once, a byte a pixel, and a step is given nothing but the indices of its
 * batch; of a larger one each step uploads the bytes of its batch. Bytes become floats on the device in either case.
 */

import {
  byteRows,
  type Device,
  type Feeds,
  literal,
  type MapTree,
  type Node,
  type Shape,
  spec,
  type Tensor,
  type TensorType,
  wordsOf,
} from '../../engine/index.ts';
import { type Indices, labelsAt, PIXEL_VALUES, type Split } from './dataset.ts';

/** Inputs of a step that is fed: put them among its specs under a name of your choice. */
export interface FeedSpecs {
  /** The images' bytes, four a word. */
  readonly shards: readonly TensorType[];
  /** Which of them, i32 [batchSize]. */
  readonly picks: TensorType;
  /** i32 [batchSize]. */
  readonly labels: TensorType;
}

export interface BatchFeed {
  readonly specs: FeedSpecs;
  /** Whether the whole split lies on the device. */
  readonly resident: boolean;
  /** While tracing: the batch as models take it, pixels byte / 255 in f32 [batchSize, C, H, W], bit for bit those of `toFloat`. */
  batch(inputs: MapTree<FeedSpecs, TensorType, Node>): { readonly x: Node; readonly labels: Node };
  /**
   * For a run: the batch of these images of the split.
   * @throws RangeError when an index is outside the split, or there are not `batchSize` of them
   */
  feeds(indices: Indices): Feeds<FeedSpecs>;
  /** Gives the device's memory back. */
  free(): void;
}

export interface FeedOptions {
  /** Most bytes that may lie on the device; left out, a quarter of the memory that is still free, up to 1 GiB. */
  readonly mostResident?: number;
  /** Most bytes of one shard; left out, what the device binds. */
  readonly mostBound?: number;
}

const GIBIBYTE = 2 ** 30;

/**
 * Feeds batches of a split to a compiled step.
 * @param shape of an image, [channels, height, width]
 */
export function openFeed(
  device: Device,
  split: Split,
  shape: Shape,
  batchSize: number,
  options: FeedOptions = {},
): BatchFeed {
  const { memoryBudget, maxStorageBufferBindingSize, maxBufferSize } = device.capabilities;
  const row = split.images.length / split.count;
  const mostBound = options.mostBound ?? Math.min(maxStorageBufferBindingSize, maxBufferSize);
  const mostResident = options.mostResident ?? Math.min((memoryBudget - device.allocatedBytes) / 4, GIBIBYTE);
  const rowsPerShard = Math.min(Math.floor(mostBound / row), split.count);
  const resident = split.images.length <= mostResident && rowsPerShard > 0;
  const storage = resident ? residentStorage(device, split, row, rowsPerShard) : streamedStorage(split, row, batchSize);
  const table = { shape, count: storage.count, rowsPerShard: storage.rowsPerShard };
  return {
    resident,
    specs: {
      shards: storage.shards,
      picks: spec([batchSize], 'i32'),
      labels: spec([batchSize], 'i32'),
    },
    batch: ({ shards, picks, labels }) => ({
      x: byteRows(shards, picks, literal(PIXEL_VALUES, [256]), table),
      labels,
    }),
    feeds: (indices) => {
      if (indices.length !== batchSize)
        throw new RangeError(`a batch of ${indices.length} images for a step that takes ${batchSize}`);
      const labels = Int32Array.from(labelsAt(split, indices));
      return { ...storage.feeds(indices), labels };
    },
    free: storage.free,
  };
}

/** Where the images' bytes lie. */
interface Storage {
  readonly shards: readonly TensorType[];
  /** Rows that `picks` chooses from. */
  readonly count: number;
  readonly rowsPerShard: number;
  feeds(indices: Indices): Pick<Feeds<FeedSpecs>, 'shards' | 'picks'>;
  free(): void;
}

function residentStorage(device: Device, { images, count }: Split, row: number, rowsPerShard: number): Storage {
  const shards: Tensor[] = [];
  for (let first = 0; first < count; first += rowsPerShard) {
    const bytes = images.subarray(first * row, (first + rowsPerShard) * row);
    shards.push(device.tensor(asWords(bytes), [wordsOf(bytes.length / row, row)]));
  }
  return {
    shards,
    count,
    rowsPerShard,
    feeds: (indices) => ({ shards, picks: Int32Array.from(indices) }),
    free: () => {
      for (const { buffer } of shards.splice(0)) device.release(buffer);
    },
  };
}

function streamedStorage({ images }: Split, row: number, batchSize: number): Storage {
  const words = new Uint32Array(wordsOf(batchSize, row));
  const bytes = new Uint8Array(words.buffer);
  const picks = Int32Array.from({ length: batchSize }, (_, i) => i);
  return {
    shards: [spec([words.length], 'u32')],
    count: batchSize,
    rowsPerShard: batchSize,
    // A run copies what it is fed: the next batch is gathered here while the device works on this one.
    feeds: (indices) => {
      for (let i = 0; i < batchSize; i++) bytes.set(images.subarray(indices[i] * row, (indices[i] + 1) * row), i * row);
      return { shards: [words], picks };
    },
    free: () => {},
  };
}

/** The bytes four a word, the first in the lowest bits: as they lie in memory on every machine that runs WebGPU. */
function asWords(bytes: Uint8Array): Uint32Array {
  if (bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0)
    return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  return words;
}
