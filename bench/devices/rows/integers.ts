import { compared, type Row } from '../row.ts';

/** Integers. WGSL defines all of this; f64, f16 and f8 are computed by it. */

const least = -(2 ** 31);
const signedPairs = {
  operands: [
    [7, 0],
    [-7, 0],
    [least, -1],
    [7, -2],
  ],
  type: 'i32',
  result: 'i32',
} as const;
const pairs = {
  operands: [
    [7, 0],
    [7, 2],
    [2 ** 32 - 1, 10],
  ],
  type: 'u32',
  result: 'u32',
} as const;
const wrapping = [0, 1, 65537, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 5, 123456789];
const wrapped = { operands: wrapping.flatMap((x) => wrapping.map((y) => [x, y])), type: 'u32', result: 'u32' } as const;
const shifts = { operands: [0, 1, 31, 32, 33, 100].map((y) => [0x80000001, y]), type: 'u32', result: 'u32' } as const;
const emulated = '`src/shaders/precision/integer64.wgsl`, `src/shaders/precision/f64.arithmetic.wgsl`';
const never = 'divisors are lengths, never 0 or -1';

export const integers: readonly Row[] = [
  compared({
    what: '`x / y` of i32: x where y is 0, and -2^31 of (-2^31, -1)',
    wgsl: 'x / y',
    question: signedPairs,
    right: (x, y) => (y === 0 ? x : (x / y) | 0),
    engine: never,
  }),
  compared({
    what: '`x % y` of i32: 0 where y is 0, and of (-2^31, -1)',
    wgsl: 'x % y',
    question: signedPairs,
    right: (x, y) => (y === 0 ? 0 : (x % y) + 0),
    engine: never,
  }),
  compared({
    what: '`x / y` of u32: x where y is 0',
    wgsl: 'x / y',
    question: pairs,
    right: (x, y) => (y === 0 ? x : Math.floor(x / y)),
    engine: never,
  }),
  compared({
    what: '`x % y` of u32: 0 where y is 0',
    wgsl: 'x % y',
    question: pairs,
    right: (x, y) => (y === 0 ? 0 : x % y),
    engine: never,
  }),
  compared({
    what: '`x + y`, `x - y`, `x * y` of u32 wrap',
    wgsl: '(x + y) ^ ((x - y) * 3u) ^ ((x * y) * 5u)',
    question: wrapped,
    right: (x, y) => ((x + y) ^ Math.imul(x - y, 3) ^ Math.imul(Math.imul(x, y), 5)) >>> 0,
    relied: true,
    engine: emulated,
  }),
  compared({
    what: '`x * y` of i32 wraps',
    wgsl: 'bitcast<u32>(bitcast<i32>(x) * bitcast<i32>(y))',
    question: wrapped,
    right: (x, y) => Math.imul(x, y) >>> 0,
    relied: true,
    engine: `exact products modulo 2^32 (\`src/shaders/exact/matmul.product.wgsl\`)`,
  }),
  compared({
    what: '`x << y`, by y modulo 32',
    wgsl: 'x << y',
    question: shifts,
    right: (x, y) => (x << y) >>> 0,
    engine: `shifts stay below 32 (${emulated})`,
  }),
  compared({
    what: '`x >> y` of u32, by y modulo 32',
    wgsl: 'x >> y',
    question: shifts,
    right: (x, y) => x >>> y,
    engine: 'as above',
  }),
  compared({
    what: '`x >> y` of i32 keeps the sign',
    wgsl: 'bitcast<u32>(bitcast<i32>(x) >> y)',
    question: { ...shifts, operands: shifts.operands.slice(0, 3) },
    right: (x, y) => ((x | 0) >> y) >>> 0,
    relied: true,
    engine: '`src/shaders/parts/exponential.wgsl`',
  }),
  compared({
    what: '`countLeadingZeros(x)`, 32 of 0',
    wgsl: 'countLeadingZeros(x)',
    question: { operands: [[0], [1], [0xffffffff], [0x00010000]], type: 'u32', result: 'u32' },
    right: Math.clz32,
    relied: true,
    engine: emulated,
  }),
];
