import { words } from '../../fidelity/numbers.ts';
import { compared, type Row } from '../row.ts';

/** Conversions between f32, integers and small integers. */

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = Math.fround;
const next = words(3);
const integers = Array.from({ length: 4096 }, () => next() >>> (next() % 32));
const bytes = Array.from({ length: 256 }, (_, x) => [x]);
const cast = '`src/shaders/elementwise/cast.wgsl`, `src/shaders/elementwise/convert.wgsl`';
const unused = 'not used';
const summary = (wrong: number, of: number) => `${wrong} of ${of} off`;

/** As conversions in Rust and LLVM saturate. */
const saturated = (x: number, least: number, most: number) =>
  Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), least), most);

/** WGSL's meaning of pack4x8snorm and its kin. */
const normalised = (x: number, most: number) => Math.floor(0.5 + most * Math.min(1, Math.max(-1, x)));

export const conversions: readonly Row[] = [
  compared({
    what: '`i32(x)` of what i32 holds, towards zero',
    wgsl: 'i32(x)',
    question: {
      operands: [0.9, -0.9, 1.5, -1.5, 16777215, -(2 ** 31), 2147483520].map((x) => [f32(x)]),
      result: 'i32',
    },
    right: Math.trunc,
    relied: true,
    engine: cast,
  }),
  compared({
    what: '`i32(x)` beyond, to the nearest that exists; 0 for NaN',
    wgsl: 'i32(x)',
    question: { operands: [[3e9], [-3e9], [inf], [-inf], [nan]], result: 'i32' },
    right: (x) => saturated(x, -(2 ** 31), 2 ** 31 - 1),
    engine: `by bits (${cast})`,
  }),
  compared({
    what: '`u32(x)` of what u32 holds, towards zero',
    wgsl: 'u32(x)',
    question: { operands: [0.9, 1.5, 2147483648, 4294967040].map((x) => [x]), result: 'u32' },
    right: Math.trunc,
    relied: true,
    engine: cast,
  }),
  compared({
    what: '`u32(x)` beyond, to the nearest that exists; 0 for NaN',
    wgsl: 'u32(x)',
    question: { operands: [[-1], [5e9], [inf], [-inf], [nan]], result: 'u32' },
    right: (x) => saturated(x, 0, 2 ** 32 - 1),
    engine: `by bits (${cast})`,
  }),
  compared({
    what: '`f32(x)` of i32, to the nearest, ties to even',
    wgsl: 'f32(x)',
    question: { operands: [...integers.map((x) => [x | 0]), [2147483647], [-2147483585], [16777219]], type: 'i32' },
    right: f32,
    summary,
    relied: true,
    engine: cast,
  }),
  compared({
    what: '`f32(x)` of u32, likewise',
    wgsl: 'f32(x)',
    question: { operands: [...integers, 4294967167, 3221225601, 4294967295, 16777217].map((x) => [x]), type: 'u32' },
    right: f32,
    engine: `as two halves (\`f32_of_u32\` in \`src/shaders/elementwise/cast.wgsl\`)`,
  }),
  compared({
    what: '`unpack4x8unorm(x)`, a byte over 255, rounded once',
    wgsl: 'unpack4x8unorm(x).x',
    question: { operands: bytes, type: 'u32' },
    right: (x) => f32(x / 255),
    summary,
    engine: 'a table of the 256 quotients (`src/shaders/select/byteRows.wgsl`)',
  }),
  compared({
    what: '`unpack4x8snorm(x)`, a signed byte over 127, at least -1',
    wgsl: 'unpack4x8snorm(x).x',
    question: { operands: bytes, type: 'u32' },
    right: (x) => Math.max(f32((x < 128 ? x : x - 256) / 127), -1),
    summary,
    engine: unused,
  }),
  compared({
    what: '`unpack2x16snorm(x)`, over 32767',
    wgsl: 'unpack2x16snorm(x).x',
    question: { operands: [0, 1, 2, 3, 10000, 32767, 32768, 32769, 65535].map((x) => [x]), type: 'u32' },
    right: (x) => Math.max(f32((x < 32768 ? x : x - 65536) / 32767), -1),
    engine: unused,
  }),
  compared({
    what: '`pack4x8snorm(x)`, ⌊127 x + 0.5⌋, limited to [-1, 1]',
    wgsl: 'extractBits(i32(pack4x8snorm(vec4f(x, 0.0, 0.0, 0.0))), 0u, 8u)',
    question: { operands: [0.5, -0.5, 1, -1, 2, -2, 0.25, inf].map((x) => [x]), result: 'i32' },
    right: (x) => normalised(x, 127),
    engine: unused,
  }),
  compared({
    what: '`pack4x8unorm(x)` of what `unpack4x8unorm` gives',
    wgsl: 'pack4x8unorm(vec4f(unpack4x8unorm(x).x, 0.0, 0.0, 0.0))',
    question: { operands: bytes, type: 'u32', result: 'u32' },
    right: (x) => x,
    summary,
    engine: unused,
  }),
];
