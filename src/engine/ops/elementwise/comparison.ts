import { ShapeError } from '../../errors.ts';
import type { WideDType } from '../../graph/dtype.ts';
import type { NoAttributes, Node } from '../../graph/op.ts';
import { binary, broadcast, floats, numbers, unary, zeros } from './define.ts';
import { defineElementwise } from './fused.ts';

/** Elementwise comparisons, and logical operations on their results. */

/** A comparison, in WGSL and by the functions `equal`, `less` and `less_equal` of a module. */
const comparison = (
  name: string,
  holds: (a: string, b: string) => string,
  holdsWide: (a: string, b: string, T: WideDType) => string,
) =>
  binary({
    name,
    formats: numbers,
    result: 'bool',
    expression: ([a, b], { type }) => `${type}(${holds(a, b)})`,
    wide: ([a, b], { T }) => `u32(${holdsWide(a, b, T)})`,
    derivative: null,
  });

/** a = b, a bool. */
export const equal = comparison(
  'equal',
  (a, b) => `${a} == ${b}`,
  (a, b, T) => `${T}_equal(${a}, ${b})`,
);
/** a ≠ b, a bool. NaN differs from everything, which WGSL's `!=` does not say on Vulkan. */
export const notEqual = comparison(
  'notEqual',
  (a, b) => `!(${a} == ${b})`,
  (a, b, T) => `!${T}_equal(${a}, ${b})`,
);
/** a < b, a bool. */
export const less = comparison(
  'less',
  (a, b) => `${a} < ${b}`,
  (a, b, T) => `${T}_less(${a}, ${b})`,
);
/** a ≤ b, a bool. */
export const lessEqual = comparison(
  'lessEqual',
  (a, b) => `${a} <= ${b}`,
  (a, b, T) => `${T}_less_equal(${a}, ${b})`,
);
/** a > b, a bool. */
export const greater = comparison(
  'greater',
  (a, b) => `${a} > ${b}`,
  (a, b, T) => `${T}_less(${b}, ${a})`,
);
/** a ≥ b, a bool. */
export const greaterEqual = comparison(
  'greaterEqual',
  (a, b) => `${a} >= ${b}`,
  (a, b, T) => `${T}_less_equal(${b}, ${a})`,
);

const isTrue = (condition: string, type: string) => `(${condition} != ${type}(0))`;

const whereOp = defineElementwise<NoAttributes>({
  name: 'where',
  dtype: ([condition, a, b]) => {
    if (condition !== 'bool' || a !== b)
      throw new ShapeError(`where takes a bool and two operands of one format, not ${condition}, ${a}, ${b}`);
    return a;
  },
  expression: ([condition, a, b], { from: [type] }) => `select(${b}, ${a}, ${isTrue(condition, type)})`,
  wide: ([condition, a, b]) => `select(${b}, ${a}, ${condition} != 0u)`,
  derivative: ({ inputs: [condition], gradient }) => {
    const none = zeros(gradient);
    return [null, where(condition, gradient, none), where(condition, none, gradient)];
  },
  flops: 1,
});

/** a where the condition (bool) holds, else b. */
export const where = (condition: Node, a: Node, b: Node): Node => whereOp(broadcast('where', [condition, a, b]), {});

/** true where x (bool) is false. */
export const logicalNot = unary({
  name: 'logicalNot',
  formats: ['bool'],
  expression: ([x], { type }) => `${type}(1) - ${x}`,
  derivative: null,
});

/** true where both a and b (bool) are. */
export const logicalAnd = binary({
  name: 'logicalAnd',
  formats: ['bool'],
  expression: ([a, b]) => `${a} & ${b}`,
  derivative: null,
});

/** true where a or b (bool) is, or both. */
export const logicalOr = binary({
  name: 'logicalOr',
  formats: ['bool'],
  expression: ([a, b]) => `${a} | ${b}`,
  derivative: null,
});

/** true where one of a and b (bool) is, but not both. */
export const logicalXor = binary({
  name: 'logicalXor',
  formats: ['bool'],
  expression: ([a, b]) => `${a} ^ ${b}`,
  derivative: null,
});

/** Whether a float is NaN, a bool. */
export const isNan = unary({
  name: 'isNan',
  formats: floats,
  result: 'bool',
  expression: ([x], { type }) => `${type}((bitcast<U>(${x}) & U(0x7fffffffu)) > U(0x7f800000u))`,
  wide: ([x], { T }) => `u32(${T}_is_nan(${x}))`,
  derivative: null,
});
