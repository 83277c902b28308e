import { compared, type Row } from '../row.ts';

/** Zeros with signs: the engine promises none, but for number formats of integer code. */

const zeros = { operands: [[0], [-0]] };
const pairs = { operands: [0, -0].flatMap((x) => [0, -0].map((y) => [x, y])) };
const engine = 'promised for f64 alone, by integers (`src/shaders/precision/f64.arithmetic.wgsl`)';

export const signsOfZero: readonly Row[] = [
  compared({ what: '`-x`', question: zeros, right: (x) => -x, signed: true, engine }),
  compared({ what: '`0.0 - x`', question: zeros, right: (x) => 0 - x, signed: true, engine }),
  compared({ what: '`x + 0.0`', question: zeros, right: (x) => x + 0, signed: true, engine }),
  compared({ what: '`x + y`, zeros', wgsl: 'x + y', question: pairs, right: (x, y) => x + y, signed: true, engine }),
  compared({ what: '`x * y`, zeros', wgsl: 'x * y', question: pairs, right: (x, y) => x * y, signed: true, engine }),
  compared({
    what: '`max(x, y)`, +0 above -0',
    wgsl: 'max(x, y)',
    question: pairs,
    right: Math.max,
    signed: true,
    engine,
  }),
  compared({
    what: '`round(x)` of -0.25',
    wgsl: 'round(x)',
    question: { operands: [[-0.25]] },
    right: () => -0,
    signed: true,
    engine,
  }),
  compared({
    what: '`sqrt(x)`, zeros',
    wgsl: 'sqrt(x)',
    question: zeros,
    right: Math.sqrt,
    signed: true,
    engine,
  }),
];
