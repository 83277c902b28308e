import {
  byteRows,
  concatenate,
  crop,
  type DType,
  expand,
  formats,
  gather,
  gradients,
  indexSelect,
  oneHot,
  pack,
  packingOf,
  pad,
  reshape,
  type Shape,
  slice,
  spec,
  transpose,
  unpack,
  wordsOf,
} from '../../../src/engine/index.ts';
import { EVERY_FORMAT, FLOATS, type Operation, whole } from '../operation.ts';
import { type Expected, single, sumOfProducts } from '../operationReferences.ts';
import { zeros } from './zeros.ts';

/** Elements of a result that is another tensor's, by their indices; -1 for a zero. */
const moved = (x: ArrayLike<number>, places: readonly number[]): Expected[] =>
  places.map((place) => single(place < 0 ? 0 : x[place]));

/** Numbers made for every place of a tensor, in row-major order. */
function placesOf(shape: Shape, at: (index: readonly number[]) => number): number[] {
  if (shape.length === 0) return [at([])];
  const [length, ...rest] = shape;
  return Array.from({ length }, (_, i) => placesOf(rest, (index) => at([i, ...index]))).flat();
}

const PACKED: readonly Shape[] = [[7], [3, 5], [2, 2, 2]];

/** Bytes to which WebGPU aligns a binding's offset: every packed tensor begins at a multiple. */
const ALIGNMENT = 256;

function packed(tensors: readonly Float64Array[], dtype: DType): Expected[] {
  const step = ALIGNMENT / formats[dtype].bytes;
  return tensors.flatMap((tensor) =>
    Array.from({ length: Math.ceil(tensor.length / step) * step }, (_, i) => single(tensor[i] ?? 0)),
  );
}

const packing = (dtype: DType) => packingOf(PACKED.map((shape) => spec(shape, dtype)));

const ROWS: Shape = [9, 8];
const COLUMNS: Shape = [6, 10];
const PICKS = 14;
/** -1 and 9 are no rows, but columns. */
const indices = { shape: [PICKS], dtype: 'i32', element: whole(-1, ROWS[0]) } as const;

const CLASSES = 10;
const IMAGES: Shape = [4, 2, 6, 5];
const PADDING = 2;

const BYTES = { shape: [3], count: 7, rowsPerShard: 4 } as const;
const shardsOf = ({ shape: [row], count, rowsPerShard }: typeof BYTES) =>
  Array.from({ length: Math.ceil(count / rowsPerShard) }, (_, i) =>
    wordsOf(Math.min(rowsPerShard, count - i * rowsPerShard), row),
  );

/** Ops that move elements and compute nothing but sums of what meets. */
export const moves = {
  reshape: {
    formats: EVERY_FORMAT,
    operands: [[6, 20]],
    build: ([x]) => reshape(x, [5, 24]),
    reference: ([x]) => Array.from(x, single),
  },
  transpose: {
    formats: EVERY_FORMAT,
    operands: [[5, 4, 6]],
    build: ([x]) => transpose(x, [2, 0, 1]),
    reference: ([x]) =>
      moved(
        x,
        placesOf([6, 5, 4], ([c, a, b]) => (a * 4 + b) * 6 + c),
      ),
  },
  slice: {
    formats: EVERY_FORMAT,
    operands: [[6, 20]],
    build: ([x]) => slice(x, [1, 3], [5, 17]),
    reference: ([x]) =>
      moved(
        x,
        placesOf([4, 14], ([i, j]) => (i + 1) * 20 + j + 3),
      ),
  },
  pad: {
    formats: EVERY_FORMAT,
    operands: [[5, 7]],
    build: ([x]) => pad(x, [1, 2], [2, 1]),
    reference: ([x]) =>
      moved(
        x,
        placesOf([8, 10], ([i, j]) => (i < 1 || i > 5 || j < 2 || j > 8 ? -1 : (i - 1) * 7 + j - 2)),
      ),
  },
  concatenate: {
    formats: EVERY_FORMAT,
    operands: [
      [3, 4, 5],
      [3, 2, 5],
    ],
    build: (parts) => concatenate(parts, 1),
    reference: ([a, b]) =>
      moved(
        [...a, ...b],
        placesOf([3, 6, 5], ([i, j, k]) => (j < 4 ? (i * 4 + j) * 5 + k : a.length + (i * 2 + j - 4) * 5 + k)),
      ),
  },
  expand: {
    formats: EVERY_FORMAT,
    operands: [[5, 1, 6]],
    build: ([x]) => expand(x, [5, 4, 6]),
    reference: ([x]) =>
      moved(
        x,
        placesOf([5, 4, 6], ([i, , k]) => i * 6 + k),
      ),
  },
  pack: {
    formats: EVERY_FORMAT,
    operands: PACKED,
    build: (tensors, dtype) => pack(tensors, packing(dtype)),
    reference: packed,
  },
  unpack: {
    formats: EVERY_FORMAT,
    operands: PACKED,
    build: (tensors, dtype) => unpack(pack(tensors, packing(dtype)), PACKED, packing(dtype))[1],
    reference: ([, second]) => Array.from(second, single),
  },
  oneHot: {
    formats: EVERY_FORMAT,
    operands: [{ shape: [100], dtype: 'i32', element: whole(-1, CLASSES) }],
    build: ([labels], dtype) => oneHot(labels, CLASSES, dtype),
    reference: ([labels]) =>
      Array.from(labels).flatMap((label) => Array.from({ length: CLASSES }, (_, k) => single(Number(k === label)))),
  },
  indexSelect: {
    formats: FLOATS,
    operands: [ROWS, indices],
    build: ([x, picks]) => indexSelect(x, picks),
    reference: ([x, picks]) =>
      moved(
        x,
        placesOf([PICKS, ROWS[1]], ([i, j]) => (picks[i] < 0 || picks[i] >= ROWS[0] ? -1 : picks[i] * ROWS[1] + j)),
      ),
  },
  indexAdd: {
    formats: FLOATS,
    operands: [[PICKS, ROWS[1]], indices],
    build: ([gradient, picks]) => {
      const x = zeros(ROWS, gradient);
      return gradients(indexSelect(x, picks), [x], gradient)[0];
    },
    reference: ([gradient, picks]) =>
      Array.from({ length: ROWS[0] * ROWS[1] }, (_, place) =>
        sumOfProducts(
          Array.from(picks).flatMap((pick, i) =>
            pick === Math.floor(place / ROWS[1]) ? [[gradient[i * ROWS[1] + (place % ROWS[1])], 1] as const] : [],
          ),
        ),
      ),
  },
  gather: {
    formats: EVERY_FORMAT,
    operands: [COLUMNS, indices],
    build: ([x, picks]) => gather(x, picks, 1),
    reference: ([x, picks]) =>
      moved(
        x,
        placesOf([COLUMNS[0], PICKS], ([i, j]) => i * COLUMNS[1] + (picks[j] < 0 ? picks[j] + COLUMNS[1] : picks[j])),
      ),
  },
  scatterAdd: {
    formats: FLOATS,
    operands: [[COLUMNS[0], PICKS], indices],
    build: ([gradient, picks]) => {
      const x = zeros(COLUMNS, gradient);
      return gradients(gather(x, picks, 1), [x], gradient)[0];
    },
    reference: ([gradient, picks]) =>
      Array.from({ length: COLUMNS[0] * COLUMNS[1] }, (_, place) =>
        sumOfProducts(
          Array.from(picks).flatMap((pick, j) =>
            (pick + COLUMNS[1]) % COLUMNS[1] === place % COLUMNS[1]
              ? [[gradient[Math.floor(place / COLUMNS[1]) * PICKS + j], 1] as const]
              : [],
          ),
        ),
      ),
  },
  byteRows: {
    formats: ['f32'],
    operands: [
      { shape: [20], dtype: 'i32', element: whole(-1, BYTES.count) },
      [256],
      ...shardsOf(BYTES).map((words) => ({ shape: [words], dtype: 'u32', element: whole(0, 2 ** 32 - 1) }) as const),
    ],
    build: ([picks, values, ...shards]) => byteRows(shards, picks, values, BYTES),
    reference: ([picks, values, ...shards]) => {
      const { shape, count, rowsPerShard } = BYTES;
      return Array.from(picks).flatMap((pick) =>
        Array.from({ length: shape[0] }, (_, k) => {
          if (pick < 0 || pick >= count) return single(0);
          const at = (pick % rowsPerShard) * shape[0] + k;
          const word = shards[Math.floor(pick / rowsPerShard)][Math.floor(at / 4)];
          return single(values[Math.floor(word / 256 ** (at % 4)) % 256]);
        }),
      );
    },
  },
  crop: {
    formats: FLOATS,
    operands: [
      IMAGES,
      {
        shape: [IMAGES[0], 3],
        dtype: 'i32',
        element: (uniform, i) => whole(0, i % 3 === 2 ? 1 : 2 * PADDING)(uniform),
      },
    ],
    build: ([x, places]) => crop(x, places, { padding: PADDING, mode: 'reflect' }),
    reference: ([x, places]) => {
      const [, channels, height, width] = IMAGES;
      const reflected = (i: number, length: number) => length - 1 - Math.abs(length - 1 - Math.abs(i));
      return moved(
        x,
        placesOf(IMAGES, ([n, c, i, j]) => {
          const [top, left, mirrored] = places.subarray(3 * n, 3 * n + 3);
          const row = reflected(top + i - PADDING, height);
          const column = reflected(left + (mirrored === 1 ? width - 1 - j : j) - PADDING, width);
          return ((n * channels + c) * height + row) * width + column;
        }),
      );
    },
  },
} satisfies Record<string, Operation>;
