import { compared, type Row, together } from '../row.ts';

/** Chains of operations, which compilers simplify as if floats were real numbers. */

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = Math.fround;

interface Chain {
  readonly wgsl: string;
  /** As a fused kernel writes it, with values that compilers cannot see through. */
  readonly hidden: string;
  readonly operands: readonly (readonly number[])[];
  right(x: number, y: number, z: number): number;
}

const root = (x: number) => f32(Math.sqrt(x));
const tenth = f32(0.1);
const third = f32(1 / 3);

const chains: readonly Chain[] = [
  { wgsl: 'x + (-x)', hidden: 'x + opaque(-x)', operands: [[nan], [inf], [1]], right: (x) => x + -x },
  { wgsl: 'x - x', hidden: 'x - distinct(x)', operands: [[nan], [inf], [1]], right: (x) => x - x },
  { wgsl: 'x / x', hidden: 'x / distinct(x)', operands: [[nan], [inf], [0], [3]], right: (x) => x / x },
  {
    wgsl: '(x + y) - x',
    hidden: 'opaque(x + y) - x',
    operands: [
      [nan, 1],
      [inf, 1],
      [2 ** 24, tenth],
      [3e38, 2e38],
    ].map((pair) => pair.map(f32)),
    right: (x, y) => f32(f32(x + y) - x),
  },
  {
    wgsl: '(x - y) + y',
    hidden: 'opaque(x - y) + y',
    operands: [
      [1, nan],
      [1, inf],
      [tenth, 2 ** 24],
    ],
    right: (x, y) => f32(f32(x - y) + y),
  },
  {
    wgsl: '(x * y) / y',
    hidden: 'opaque(x * y) / y',
    operands: [
      [1, 0],
      [1, nan],
      [f32(1e30), f32(1e30)],
      [tenth, 3],
    ],
    right: (x, y) => f32(f32(x * y) / y),
  },
  {
    wgsl: '(x / y) * y',
    hidden: 'opaque(x / y) * y',
    operands: [
      [1, 0],
      [1, inf],
      [1, 41],
    ],
    right: (x, y) => f32(f32(x / y) * y),
  },
  {
    wgsl: 'sqrt(x) * sqrt(x)',
    hidden: 'opaque(sqrt(x)) * distinct(opaque(sqrt(x)))',
    operands: [[-4], [-inf], [nan], [2]],
    right: (x) => f32(root(x) * root(x)),
  },
  {
    wgsl: 'x * y - y * x',
    hidden: 'opaque(x * y) - distinct(opaque(y * x))',
    operands: [
      [nan, 1],
      [inf, 1],
      [f32(1e30), f32(1e30)],
      [tenth, third],
    ],
    right: (x, y) => f32(f32(x * y) - f32(y * x)),
  },
  {
    wgsl: 'x * y + z',
    hidden: 'opaque(x * y) + z',
    // What fma leaves of the product, and of two that cancel.
    operands: [
      [1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)],
      [tenth, third, f32(-tenth * third)],
    ],
    right: (x, y, z) => f32(f32(x * y) + z),
  },
  { wgsl: 'x * 0.0', hidden: 'x * opaque(0.0)', operands: [[nan], [inf], [1]], right: (x) => x * 0 },
  {
    wgsl: '(x + 1e8) - 1e8',
    hidden: 'opaque(x + opaque(1e8)) - opaque(1e8)',
    operands: [[1], [nan], [tenth]],
    right: (x) => f32(f32(x + 1e8) - 1e8),
  },
  {
    wgsl: '(x * 3.0) * (1.0 / 3.0)',
    hidden: 'opaque(x * opaque(3.0)) * opaque(1.0 / 3.0)',
    operands: [[f32(3e38)], [tenth], [f32(0.7)]],
    right: (x) => f32(f32(x * 3) * third),
  },
  {
    wgsl: '1.0 / (1.0 / x)',
    hidden: '1.0 / opaque(1.0 / x)',
    // The reciprocal of their reciprocal is a neighbour of 7 and 13.
    operands: [[7], [13], [nan]],
    right: (x) => f32(1 / f32(1 / x)),
  },
];

const engine =
  'hides values from the compiler (`opaque` and `distinct` in `src/engine/ops/elementwise/fused.ts`, `src/shaders/elementwise/elementwise.wgsl`)';

export const algebra: readonly Row[] = [
  ...chains.map(({ wgsl, operands, right }) =>
    compared({
      what: `\`${wgsl}\``,
      question: { operands },
      right,
      engine: wgsl === chains[0].wgsl ? engine : 'as above',
    }),
  ),
  compared({
    what: '`fma(x, y, z)`, rounded once',
    wgsl: 'fma(x, y, z)',
    question: { operands: [[1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)]] },
    // Products and sums of these are exact in binary64.
    right: (x, y, z) => f32(x * y + z),
    engine: 'not used; `outlast doctor` tells (`fmaFused` in `src/engine/measure/probes.ts`)',
  }),
  together({
    what: 'all of these with `opaque` and `distinct`, `x * y + z` not fused',
    rows: chains.map(({ hidden, operands, right }) =>
      compared({ what: `\`${hidden}\``, question: { operands }, right, engine: '' }),
    ),
    relied: true,
    engine: 'fused kernels are these operations one by one (`test/engine/ops/specialValues.test.ts`)',
  }),
];
