import { compared, type Row } from '../row.ts';

/** f32 below 2^-126. */

const f32 = Math.fround;
const small = { operands: [2 ** -127, 2 ** -149, -(2 ** -130)].map((x) => [x]) };
const flag = { ...small, result: 'u32' } as const;
const engine =
  '“subnormal numbers may become 0” (`src/engine/ops/elementwise/elementwise.ts`); tests and `outlast fidelity` ask `f32Subnormals` of `src/engine/measure/probes.ts`';

export const subnormals: readonly Row[] = [
  compared({
    what: 'loaded and stored',
    wgsl: 'x',
    question: small,
    right: (x) => x,
    relied: true,
    engine: 'copies keep every bit',
  }),
  compared({
    what: '`opaque(x)`',
    question: small,
    right: (x) => x,
    relied: true,
    engine: 'hiding a value does not change it (`src/shaders/elementwise/elementwise.wgsl`)',
  }),
  compared({
    what: '`x * y`, a subnormal product',
    wgsl: 'x * y',
    question: {
      operands: [
        [2 ** -126, 0.5],
        [2 ** -100, 2 ** -40],
      ],
    },
    right: (x, y) => x * y,
    engine,
  }),
  compared({
    what: '`x * y`, a subnormal factor',
    wgsl: 'x * y',
    question: {
      operands: [
        [2 ** -140, 2 ** 20],
        [2 ** -149, -1],
      ],
    },
    right: (x, y) => x * y,
    engine: 'as above',
  }),
  compared({
    what: '`x + y`',
    question: {
      operands: [
        [2 ** -149, 2 ** -149],
        [2 ** -126, -(2 ** -127)],
      ],
    },
    right: (x, y) => x + y,
    engine: 'as above',
  }),
  compared({
    what: '`x / y`',
    question: {
      operands: [
        [2 ** -126, 4],
        [2 ** -140, 2 ** -20],
        [1, 2 ** 127],
      ],
    },
    right: (x, y) => x / y,
    engine: 'as above',
  }),
  compared({ what: '`sqrt(x)`', question: { operands: [[2 ** -140]] }, right: Math.sqrt, engine: 'as above' }),
  compared({
    what: '`abs(x)`, `-x`',
    wgsl: ['abs(x)', '-(-x)'],
    question: { operands: [[2 ** -130], [2 ** -149]] },
    right: (x) => x,
    engine: 'as above; number formats flip the bit (`src/shaders/precision/binary32.wgsl`)',
  }),
  compared({
    what: '`x == 0.0`, false',
    wgsl: 'u32(x == 0.0)',
    question: flag,
    right: () => 0,
    engine: '`cast` to bool asks for the bits (`src/shaders/elementwise/cast.wgsl`)',
  }),
  compared({
    what: '`x < y` of two subnormals',
    wgsl: 'u32(x < y)',
    question: {
      operands: [
        [2 ** -149, 2 ** -130],
        [-(2 ** -130), 0],
      ],
      result: 'u32',
    },
    right: (x, y) => Number(x < y),
    engine: 'comparisons of f32 take what the adapter says',
  }),
  compared({
    what: '`f32(x)` of f16, subnormals',
    wgsl: 'f32(x)',
    question: { operands: [[2 ** -24], [3 * 2 ** -20]], type: 'f16', enable: 'f16' },
    needs: 'shader-f16',
    right: (x) => x,
    engine: 'asked before the adapter’s f16 is used (`f16IsExact` in `src/engine/measure/precisionProbes.ts`)',
  }),
  compared({
    what: '`x * y` in f16, a subnormal product',
    wgsl: 'x * y',
    question: {
      operands: [
        [2 ** -14, 0.5],
        [2 ** -12, 2 ** -12],
      ],
      type: 'f16',
      result: 'f16',
      enable: 'f16',
    },
    needs: 'shader-f16',
    right: (x, y) => f32(x * y),
    engine: 'never computes in f16',
  }),
];
