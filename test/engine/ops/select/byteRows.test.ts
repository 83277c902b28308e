import { describe, expect, it } from 'vitest';
import { randomWords } from '../../../../src/base/philox.ts';
import { ShapeError } from '../../../../src/engine/errors.ts';
import { input, spec } from '../../../../src/engine/graph/graph.ts';
import type { Shape } from '../../../../src/engine/graph/shape.ts';
import { byteRows, wordsOf } from '../../../../src/engine/ops/select/byteRows.ts';
import { byteRows as reference } from '../../../reference/byteRows.ts';
import { expectClose, integers, operand, run, useDevice } from '../../../support/checkOp.ts';

const device = useDevice();
const values = operand([256], 3);

const randomBytes = (count: number) =>
  Uint8Array.from(randomWords({ seed: 1, stream: 2, substream: 3 }, count), (word) => word & 0xff);

/** Shards of whole rows, packed by hand: byte b of word w in bits 8b to 8b + 7. */
function packed(bytes: Uint8Array, row: number, rowsPerShard: number) {
  const shards = [];
  for (let at = 0; at < bytes.length; at += row * rowsPerShard) {
    const part = bytes.subarray(at, at + row * rowsPerShard);
    const words = new Uint32Array(Math.ceil(part.length / 4));
    part.forEach((byte, i) => {
      words[i >> 2] += byte * 256 ** (i % 4);
    });
    shards.push(integers([...words], [words.length], 'u32'));
  }
  return shards;
}

describe('byteRows', () => {
  const cases: { shape: Shape; count: number; rowsPerShard: number; picks: number[] }[] = [
    { shape: [1, 2, 2], count: 5, rowsPerShard: 5, picks: [4, 0, 0, 2] },
    { shape: [3, 3, 3], count: 5, rowsPerShard: 5, picks: [1, 3, 4] },
    { shape: [1], count: 7, rowsPerShard: 3, picks: [6, 5, 4, 3, 2, 1, 0] },
    { shape: [1, 5, 5], count: 9, rowsPerShard: 4, picks: [8, 3, 4, 7, 0, 8] },
    { shape: [64], count: 2, rowsPerShard: 1, picks: [1, 0, 1] },
    { shape: [65], count: 3, rowsPerShard: 2, picks: [2] },
    { shape: [2, 2], count: 4, rowsPerShard: 2, picks: [-1, 3, 4, 2 ** 31 - 1, -(2 ** 31), 1] },
  ];
  for (const { shape, count, rowsPerShard, picks } of cases) {
    const row = shape.reduce((a, b) => a * b, 1);
    it(`${picks.length} of ${count} rows of ${row} bytes, ${rowsPerShard} a shard`, async () => {
      const bytes = randomBytes(count * row);
      const actual = await run(
        device(),
        ([indices, table, ...shards]) => byteRows(shards, indices, table, { shape, count, rowsPerShard }),
        [integers(picks, [picks.length]), values, ...packed(bytes, row, rowsPerShard)],
      );
      expectClose(actual, reference(bytes, count, picks, values.data), { why: 'values are copied' });
    });
  }

  it('a shard has a word for every four bytes begun', () => {
    expect([wordsOf(1, 1), wordsOf(2, 2), wordsOf(3, 3)]).toEqual([1, 1, 3]);
  });

  it('refuses operands that do not fit', () => {
    const node = (shape: Shape, dtype: 'f32' | 'i32' | 'u32') => input(spec(shape, dtype), 'x');
    const build = (shards: number[], indices = node([2], 'i32'), table = node([256], 'f32')) =>
      byteRows(
        shards.map((words) => node([words], 'u32')),
        indices,
        table,
        { shape: [3], count: 5, rowsPerShard: 3 },
      );
    expect(build([3, 2]).shape).toEqual([2, 3]);
    expect(() => build([3])).toThrow(new ShapeError('byteRows: 1 shards of 3 rows do not hold 5 rows'));
    expect(() => build([3, 3])).toThrow('byteRows: shard 1 is u32[3], not u32[2]');
    expect(() => build([3, 2], node([2], 'f32'))).toThrow('byteRows: the indices are f32[2], not i32 with one axis');
    expect(() => build([3, 2], node([2], 'i32'), node([255], 'f32'))).toThrow('the values are f32[255], not f32[256]');
  });
});
