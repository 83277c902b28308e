import shader from '../../../shaders/select/byteRows.wgsl';
import { ShapeError } from '../../errors.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe, elements, type Shape } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';

interface ByteRowsAttributes {
  readonly [key: string]: unknown;
  readonly shape: Shape;
  readonly count: number;
  readonly rowsPerShard: number;
}

/** Words of a shard that holds `rows` rows of `row` bytes, four bytes a word, the first byte in the lowest bits. */
export const wordsOf = (rows: number, row: number): number => Math.ceil((rows * row) / 4);

const byteRowsOp = defineOp<ByteRowsAttributes>({
  name: 'byteRows',
  infer([indices, values, ...shards], { shape, count, rowsPerShard }) {
    const wrong = (why: string) => new ShapeError(`byteRows: ${why}`);
    if (indices.dtype !== 'i32' || indices.shape.length !== 1)
      throw wrong(`the indices are ${describe(indices)}, not i32 with one axis`);
    if (values.dtype !== 'f32' || elements(values.shape) !== 256)
      throw wrong(`the values are ${describe(values)}, not f32[256]`);
    if (shards.length !== Math.ceil(count / rowsPerShard))
      throw wrong(`${shards.length} shards of ${rowsPerShard} rows do not hold ${count} rows`);
    shards.forEach((shard, i) => {
      const words = wordsOf(rowsOf(i, count, rowsPerShard), elements(shape));
      if (shard.dtype !== 'u32' || elements(shard.shape) !== words)
        throw wrong(`shard ${i} is ${describe(shard)}, not u32[${words}]`);
    });
    return { shape: [...indices.shape, ...shape], dtype: 'f32' };
  },
  derivative: null,
  kernel: ({ inputs: [indices, values, ...shards], output, attributes: { shape, count, rowsPerShard } }) =>
    shards.map((shard, i) => ({
      shader,
      entry: 'pick',
      bind: { shard, indices, values, y: output },
      sizes: {
        row: elements(shape),
        rows: rowsOf(i, count, rowsPerShard),
        first: i * rowsPerShard,
        picks: indices.size,
      },
      grid: gridOver(output.size),
    })),
  cost: ({ output }) => ({ flops: 0, bytes: output.bytes + output.size }),
});

const rowsOf = (shard: number, count: number, rowsPerShard: number): number =>
  Math.min(rowsPerShard, count - shard * rowsPerShard);

export interface ByteRowsOptions {
  /** The shape of a row: [channels, height, width] of an image. */
  readonly shape: Shape;
  /** Rows in all shards. */
  readonly count: number;
  /** Rows in each shard but the last, which holds the rest: a device limits the size of one binding. */
  readonly rowsPerShard: number;
}

/**
 * Rows of a table of bytes, picked by index: y[i, …] = values[row indices[i]], f32 [indices.length, …shape]. The table is u32 with four
 * bytes a word (see `wordsOf`), in one or several shards. An index that is no row gives zeros.
 * @param indices i32 with one axis
 * @param values f32[256]: what each byte stands for
 * @throws ShapeError
 */
export function byteRows(
  shards: readonly Node[],
  indices: Node,
  values: Node,
  { shape, count, rowsPerShard }: ByteRowsOptions,
): Node {
  return byteRowsOp([indices, values, ...shards], { shape: [...shape], count, rowsPerShard });
}
