import { accurate, compared, type Row } from '../row.ts';

/** WGSL's functions, and the engine's own in their place. References are JavaScript's functions of binary64. */

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = Math.fround;

const using = (part: string) => `#use "parts/scalars.wgsl"\n#use "parts/${part}.wgsl"`;
const ownExp = { functions: using('exponential'), wgsl: 'exponential(x)' };
const ownLog = {
  functions: using('logarithm'),
  wgsl: 'logarithm(x, bitcast<f32>(0xff800000u ^ sizes.zero), bitcast<f32>(0x7fc00000u ^ sizes.zero))',
};

const expCases = { operands: [[nan], [inf], [-inf], [89], [-104], [0]] };
const logCases = { operands: [[nan], [inf], [0], [-1], [-inf], [1]] };
const circle = [
  [-Math.PI, Math.PI],
  [2 ** 10, 2 ** 11],
  [2 ** 20, 2 ** 21],
  [2 ** 25, 2 ** 26],
  [2 ** 28, 2 ** 29],
] as const;
const unused = 'not used';
const noCircle = 'not used: Box-Muller takes a series of its own (`cos_sin` in `src/shaders/random/random.wgsl`)';

export const functions: readonly Row[] = [
  accurate({
    what: '`exp(x)`',
    exact: Math.exp,
    ranges: [
      [-1, 1],
      [-87, 88],
    ],
    unit: 'ulp',
    engine: '`src/shaders/parts/exponential.wgsl`',
  }),
  compared({
    what: '`exp(x)` of NaN, ∞, -∞, 89, -104, 0',
    wgsl: 'exp(x)',
    question: expCases,
    right: (x) => f32(Math.exp(x)),
    engine: 'as above',
  }),
  accurate({
    what: '`exponential(x)`, the engine’s',
    ...ownExp,
    exact: Math.exp,
    ranges: [
      [-1, 1],
      [-87, 88],
    ],
    unit: 'ulp',
    // The promise of `exp` in src/engine/ops/elementwise/elementwise.ts.
    limit: 2,
    engine: 'every `exp`, softmax and cross entropy',
  }),
  compared({
    what: '`exponential(x)` of NaN, ∞, -∞, 89, -104, 0',
    ...ownExp,
    question: { ...expCases, functions: ownExp.functions },
    right: (x) => f32(Math.exp(x)),
    relied: true,
    engine: 'as above',
  }),
  accurate({
    what: '`exp2(x)`',
    exact: (x) => 2 ** x,
    ranges: [
      [-1, 1],
      [-126, 127],
    ],
    unit: 'ulp',
    engine: unused,
  }),
  accurate({
    what: '`log(x)`',
    exact: Math.log,
    ranges: [
      [2 ** -126, 0.5],
      [0.5, 2],
      [2, 3e38],
    ],
    unit: 'ulp',
    engine: '`src/shaders/parts/logarithm.wgsl`',
  }),
  compared({
    what: '`log(x)` of NaN, ∞, 0, -1, -∞, 1',
    wgsl: 'log(x)',
    question: logCases,
    right: (x) => f32(Math.log(x)),
    engine: 'as above',
  }),
  accurate({
    what: '`logarithm(x)`, the engine’s',
    ...ownLog,
    exact: Math.log,
    ranges: [
      [2 ** -126, 0.5],
      [0.5, 2],
      [2, 3e38],
    ],
    unit: 'ulp',
    // The promise of `log` in src/engine/ops/elementwise/elementwise.ts.
    limit: 2,
    engine: 'every `log`, cross entropy, normal random numbers',
  }),
  compared({
    what: '`logarithm(x)` of NaN, ∞, 0, -1, -∞, 1',
    ...ownLog,
    question: { ...logCases, functions: ownLog.functions },
    right: (x) => f32(Math.log(x)),
    relied: true,
    engine: 'as above',
  }),
  accurate({
    what: '`log2(x)`',
    exact: Math.log2,
    ranges: [
      [2 ** -126, 0.5],
      [0.5, 2],
      [2, 3e38],
    ],
    unit: 'ulp',
    engine: unused,
  }),
  accurate({
    what: '`pow(x, y)`, y in [-4, 4]',
    wgsl: 'pow(x, y)',
    exact: (x, y) => x ** y,
    ranges: [
      [0.5, 2],
      [2 ** -30, 2 ** 30],
    ],
    second: [-4, 4],
    unit: 'ulp',
    engine: unused,
  }),
  compared({
    what: '`pow(x, y)` of (-2, 3), (-2, 0.5), (0, 0), (NaN, 1), (0, -1), (∞, -1)',
    wgsl: 'pow(x, y)',
    question: {
      operands: [
        [-2, 3],
        [-2, 0.5],
        [0, 0],
        [nan, 1],
        [0, -1],
        [inf, -1],
      ],
    },
    right: (x, y) => f32(x ** y),
    engine: unused,
  }),
  accurate({ what: '`sin(x)`', exact: Math.sin, ranges: circle, unit: 'absolute', engine: noCircle }),
  accurate({ what: '`cos(x)`', exact: Math.cos, ranges: circle, unit: 'absolute', engine: noCircle }),
  compared({
    what: '`sin(x)` of NaN and ∞',
    wgsl: 'sin(x)',
    question: { operands: [[nan], [inf], [-inf]] },
    right: Math.sin,
    engine: noCircle,
  }),
  accurate({ what: '`tan(x)`', exact: Math.tan, ranges: [[-1.5, 1.5]], unit: 'ulp', engine: unused }),
  accurate({
    what: '`tanh(x)`',
    exact: Math.tanh,
    ranges: [
      [2 ** -20, 2 ** -10],
      [-1, 1],
      [-20, 20],
    ],
    unit: 'ulp',
    engine: unused,
  }),
  compared({
    what: '`tanh(x)` of NaN, ∞, 100, -100',
    wgsl: 'tanh(x)',
    question: { operands: [[nan], [inf], [100], [-100]] },
    right: Math.tanh,
    engine: unused,
  }),
  accurate({
    what: '`inverseSqrt(x)`',
    exact: (x) => 1 / Math.sqrt(x),
    ranges: [[2 ** -120, 2 ** 120]],
    unit: 'ulp',
    // WGSL's own bound; two steps of Newton's iteration make 2^-44 of it.
    limit: 2,
    engine: 'the beginning of a root in f32x2 (`src/shaders/precision/f32x2.wgsl`)',
  }),
  compared({
    what: '`inverseSqrt(x)` of 0, -1, ∞, NaN',
    wgsl: 'inverseSqrt(x)',
    question: { operands: [[0], [-1], [inf], [nan]] },
    right: (x) => f32(1 / Math.sqrt(x)),
    engine: 'f32x2 puts these in by bits (`f32x2_square_root`)',
  }),
];
