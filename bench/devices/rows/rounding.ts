import { words } from '../../fidelity/numbers.ts';
import { compared, type Row } from '../row.ts';

/** Rounding of single operations. */

const f32 = Math.fround;

/** Pairs of f32 between 2^-30 and 2^30, so that no result is subnormal or infinite. */
const next = words(7);
const normal = () => f32((next() % 2 === 0 ? 1 : -1) * (1 + next() / 2 ** 32) * 2 ** ((next() % 60) - 30));
const pairs = { operands: Array.from({ length: 4096 }, () => [normal(), normal()]) };
const positive = { operands: pairs.operands.map(([x]) => [Math.abs(x)]) };
const bytes = { operands: Array.from({ length: 256 }, (_, x) => [x]) };

const summary = (wrong: number, of: number) => `${wrong} of ${of} off`;
const engine =
  '`src/engine/ops/elementwise/elementwise.ts`; f8 and f16 are right by it (`src/shaders/precision/binary32.wgsl`)';

export const rounding: readonly Row[] = [
  compared({
    what: '`x + y`, rounded to the nearest',
    wgsl: 'x + y',
    question: pairs,
    right: (x, y) => f32(x + y),
    summary,
    relied: true,
    engine,
  }),
  compared({
    what: '`x * y`, likewise',
    wgsl: 'x * y',
    question: pairs,
    right: (x, y) => f32(x * y),
    summary,
    relied: true,
    engine: 'as above',
  }),
  compared({
    what: '`x / y`, likewise',
    wgsl: 'x / y',
    question: pairs,
    right: (x, y) => f32(x / y),
    summary,
    relied: true,
    engine: 'as above',
  }),
  compared({
    what: '`sqrt(x)`, likewise',
    wgsl: 'sqrt(x)',
    question: positive,
    right: (x) => f32(Math.sqrt(x)),
    summary,
    relied: true,
    engine: 'as above',
  }),
  compared({
    what: '`1.0 / x`, likewise',
    wgsl: '1.0 / x',
    question: positive,
    right: (x) => f32(1 / x),
    summary,
    engine: 'batch norm (`src/shaders/batchNorm/batchNorm.wgsl`), within its rounding errors',
  }),
  compared({
    what: '`x / 3.0`, a literal',
    wgsl: 'x / 3.0',
    question: positive,
    right: (x) => f32(x / 3),
    summary,
    engine:
      'divisors are operands, or factors that are read from memory (`scale` in `src/engine/ops/elementwise/elementwise.ts`)',
  }),
  compared({
    what: '`x / 255.0` of bytes',
    wgsl: 'x / 255.0',
    question: bytes,
    right: (x) => f32(x / 255),
    summary,
    engine: 'a table of the 256 quotients (`src/shaders/select/byteRows.wgsl`)',
  }),
  compared({
    what: '`x / 8.0`, a power of two',
    wgsl: 'x / 8.0',
    question: pairs,
    right: (x) => f32(x / 8),
    summary,
    engine: 'powers of two are multiplied (`0x1p-24` in `src/shaders/random/random.wgsl`)',
  }),
  compared({
    what: '`round(x)`, halves to even',
    wgsl: 'round(x)',
    question: { operands: [0.5, 1.5, 2.5, -0.5, -1.5, 8388607.5, 0.49999997].map((x) => [f32(x)]) },
    right: (x) => {
      const low = Math.floor(x);
      if (x - low !== 0.5) return Math.round(x);
      return low % 2 === 0 ? low : low + 1;
    },
    engine: 'only where either neighbour would do (`src/shaders/parts/exponential.wgsl`)',
  }),
  compared({
    what: '`floor(x)`, `ceil(x)`, `trunc(x)`',
    wgsl: 'floor(x) + 4.0 * ceil(x) + 16.0 * trunc(x)',
    question: { operands: [-1.5, -0.5, 0.5, 1.5, 8388607.5, -8388607.5].map((x) => [x]) },
    right: (x) => f32(f32(Math.floor(x) + 4 * Math.ceil(x)) + 16 * Math.trunc(x)),
    relied: true,
    engine: '`floor` in `src/shaders/precision/f64.elementary.wgsl`, `src/shaders/random/integers.wgsl`',
  }),
];
