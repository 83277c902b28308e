import { compared, type Row } from '../row.ts';

/** NaN and infinities in one operation. */

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const f32 = Math.fround;
const corners = [nan, inf, -inf, -4, 0, 1];
const pairs = { operands: corners.flatMap((x) => corners.map((y) => [x, y])) };
const singles = { operands: corners.map((x) => [x]) };
const flags = { ...pairs, result: 'u32' } as const;
const bool = (value: boolean) => Number(value);

const elementwise = '`src/engine/ops/elementwise/elementwise.ts`';
const comparison = '`src/engine/ops/elementwise/comparison.ts`';

export const specialNumbers: readonly Row[] = [
  compared({
    what: '`x + y`',
    question: pairs,
    right: (x, y) => f32(x + y),
    relied: true,
    engine: `the promise of IEEE 754 in ${elementwise}`,
  }),
  compared({ what: '`x - y`', question: pairs, right: (x, y) => f32(x - y), relied: true, engine: 'as above' }),
  compared({ what: '`x * y`', question: pairs, right: (x, y) => f32(x * y), relied: true, engine: 'as above' }),
  compared({ what: '`x / y`', question: pairs, right: (x, y) => f32(x / y), relied: true, engine: 'as above' }),
  compared({ what: '`sqrt(x)`', question: singles, right: (x) => f32(Math.sqrt(x)), relied: true, engine: 'as above' }),
  compared({
    what: '`x == y`, false for NaN',
    wgsl: 'u32(x == y)',
    question: flags,
    right: (x, y) => bool(x === y),
    relied: true,
    engine: `${comparison}; number formats ask for the bits as well (\`src/shaders/precision/binary32.wgsl\`)`,
  }),
  compared({
    what: '`x < y`, `x <= y`, false for NaN',
    wgsl: 'u32(x < y) + 2u * u32(x <= y)',
    question: flags,
    right: (x, y) => bool(x < y) + 2 * bool(x <= y),
    relied: true,
    engine: `${comparison}, ReLU in ${elementwise} and \`src/shaders/batchNorm/channel.wgsl\``,
  }),
  compared({
    what: '`x != y`, true for NaN',
    wgsl: 'u32(x != y)',
    question: flags,
    right: (x, y) => bool(x !== y),
    engine: `never asks so: \`notEqual\` is \`!(x == y)\` (${comparison})`,
  }),
  compared({
    what: '`x != x` as the question for NaN',
    wgsl: 'u32(x != x)',
    question: { ...singles, result: 'u32' },
    right: (x) => bool(Number.isNaN(x)),
    engine: `asks for the bits (\`isNan\` in ${elementwise}, \`T_is_nan\` of the number formats)`,
  }),
  compared({
    what: 'NaN by its bits',
    wgsl: 'u32((bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u)',
    question: { ...singles, result: 'u32' },
    right: (x) => bool(Number.isNaN(x)),
    relied: true,
    engine: 'everywhere',
  }),
  compared({
    what: '`max(x, y)`, NaN if one of them is NaN',
    wgsl: 'max(x, y)',
    question: pairs,
    right: Math.max,
    engine: `\`better\` in ${elementwise}, \`src/engine/ops/reduce/reduce.ts\`; softmax may use it, because a difference from the maximum is NaN in either case (\`src/shaders/reduce/softmaxCrossEntropy.wgsl\`)`,
  }),
  compared({
    what: '`min(x, y)`, likewise',
    wgsl: 'min(x, y)',
    question: pairs,
    right: Math.min,
    engine: 'as above',
  }),
  compared({
    what: '`clamp(x, -1.0, 1.0)`, NaN stays',
    wgsl: 'clamp(x, -1.0, 1.0)',
    question: singles,
    right: (x) => Math.min(Math.max(x, -1), 1),
    engine: `two \`select\`s (\`clamp\` in ${elementwise}); \`src/shaders/parts/exponential.wgsl\` puts NaN back at its end`,
  }),
  compared({
    what: '`select(x, 0.0, x <= 0.0)`, NaN stays',
    wgsl: 'select(x, 0.0, x <= 0.0)',
    question: singles,
    right: (x) => (x <= 0 ? 0 : x),
    relied: true,
    engine: `ReLU in ${elementwise}, \`rectified\` in \`src/shaders/batchNorm/channel.wgsl\``,
  }),
  compared({
    what: '`select(x, 0.0, x < 0.0)`, NaN stays',
    wgsl: 'select(x, 0.0, x < 0.0)',
    question: singles,
    right: (x) => (x < 0 ? 0 : x),
    relied: true,
    engine: `\`clamp\` in ${elementwise}, the variance in \`src/shaders/batchNorm/batchNorm.wgsl\``,
  }),
  compared({
    what: '`sign(x)`, 0 for NaN',
    wgsl: 'sign(x)',
    question: singles,
    right: (x) => (Number.isNaN(x) ? 0 : Math.sign(x)),
    relied: true,
    engine: `\`sign\` in ${elementwise}, PyTorch's value`,
  }),
  compared({
    what: '`subgroupMax(x)` where every lane has NaN',
    wgsl: 'subgroupMax(x)',
    question: { operands: Array.from({ length: 64 }, () => [nan]), enable: 'subgroups' },
    needs: 'subgroups',
    right: () => nan,
    summary: () => 'a number',
    engine: 'only softmax uses it, see `max` above (`src/shaders/parts/lanes.wgsl`)',
  }),
];
