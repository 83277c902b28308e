import exponential from '../../shaders/exponential.wgsl';
import logarithm from '../../shaders/logarithm.wgsl';
import { type DType, formats, isSmall, type WideDType } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import type { Node, Shape } from '../graph.ts';
import type { Attributes, Op } from '../op.ts';
import { convert } from './convert.ts';
import { defineElementwise, type Elementwise, type ExpressionTypes, type WideTypes } from './fused.ts';
import { expand } from './sum.ts';

/**
 * Ops that compute each element from the elements at the same place. All of them broadcast as NumPy does.
 *
 * Infinities and NaN behave as in IEEE 754: x / 0, log 0 and overflow give infinities, 0 / 0, log(-1) and √-1 NaN. WGSL does not
 * promise it, but a diverged training must not look healthy, so that tests check it where they run.
 */

/** The shape that shapes broadcast to. @throws ShapeError */
function broadcastShape(name: string, nodes: readonly Node[]): Shape {
  const rank = Math.max(...nodes.map(({ shape }) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    const lengths = new Set(nodes.map(({ shape }) => shape[i - rank + shape.length] ?? 1));
    lengths.delete(1);
    if (lengths.size > 1)
      throw new ShapeError(
        `${name}: ${nodes.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')} do not broadcast`,
      );
    return lengths.values().next().value ?? 1;
  });
}

function broadcast(name: string, nodes: readonly Node[]): Node[] {
  const shape = broadcastShape(name, nodes);
  return nodes.map((node) => expand(node, shape));
}

type NoAttributes = Record<string, never>;

/** An op on operands of one format, out of those allowed; its result has it too, unless it is said. */
interface Uniform<A extends Attributes> extends Omit<Elementwise<A>, 'dtype' | 'flops'> {
  readonly formats: readonly DType[];
  readonly result?: DType;
  readonly flops?: number;
}

const define = <A extends Attributes>({ formats: allowed, result, ...operation }: Uniform<A>): Op<A> =>
  defineElementwise<A>({
    flops: 1,
    ...operation,
    dtype: (operands) => {
      const [dtype] = operands;
      if (operands.some((other) => other !== dtype) || !allowed.includes(dtype)) {
        const given = operands.join(', ');
        throw new ShapeError(
          `${operation.name} takes operands of one format out of ${allowed.join(', ')}, not ${given}`,
        );
      }
      return result ?? dtype;
    },
  });

function binary(operation: Uniform<NoAttributes>): (a: Node, b: Node) => Node {
  const op = define(operation);
  return (a, b) => op(broadcast(operation.name, [a, b]), {});
}

function unary(operation: Uniform<NoAttributes>): (x: Node) => Node {
  const op = define(operation);
  return (x) => op([x], {});
}

const floats = ['f32', 'f32x2', 'f64', 'f16', 'f8e4m3', 'f8e5m2'] as const;
const signed = [...floats, 'i32'] as const;
const numbers = [...signed, 'u32'] as const;

/** A function of the module of a format of two words, of all operands and numbers. */
const call =
  (name: string): Elementwise<NoAttributes>['wide'] =>
  (operands, { T, scalars }) =>
    `${T}_${name}(${[...operands, ...scalars].join(', ')})`;

/** a + b. Integers wrap around. */
export const add = binary({
  name: 'add',
  formats: numbers,
  expression: ([a, b]) => `${a} + ${b}`,
  wide: call('add'),
  derivative: ({ gradient }) => [gradient, gradient],
});

/** a - b. Integers wrap around. */
export const subtract = binary({
  name: 'subtract',
  formats: numbers,
  expression: ([a, b]) => `${a} - ${b}`,
  wide: call('subtract'),
  derivative: ({ gradient }) => [gradient, negate(gradient)],
});

/** a · b. Integers wrap around. */
export const multiply = binary({
  name: 'multiply',
  formats: numbers,
  expression: ([a, b]) => `${a} * ${b}`,
  wide: call('mul'),
  derivative: ({ inputs: [a, b], gradient }) => [multiply(gradient, b), multiply(gradient, a)],
});

/** a / b, of floats, to 2.5 units in the last place. */
export const divide = binary({
  name: 'divide',
  formats: floats,
  expression: ([a, b]) => `${a} / ${b}`,
  wide: call('divide'),
  derivative: ({ inputs: [, b], output, gradient }) => {
    const slope = divide(gradient, b);
    return [slope, negate(multiply(slope, output))];
  },
  costly: true,
});

/** Whether a float is NaN, by its bits: on Vulkan `x != x` is false for NaN. */
const isNan = (x: string) => `((bitcast<U>(${x}) & U(0x7fffffffu)) > U(0x7f800000u))`;

/** b where it is better than a, else a; NaN if one of them is NaN. */
const better = (a: string, b: string, operator: string, type: string): string => {
  const isBetter = `${b} ${operator} ${a}`;
  if (type !== 'F') return `select(${a}, ${b}, ${isBetter})`;
  return `select(${a}, ${b}, (${isBetter}) | ${isNan(b)})`;
};

/** b where it is better than a, else a; NaN if one of them is NaN: in a format of two words, better means that `less(a, b)` holds. */
const betterWide = ([a, b]: readonly string[], less: string, T: string): string =>
  `select(${a}, ${b}, ${less} || ${T}_is_nan(${b}))`;

/** Gradient of maximum and minimum: to the operand that was taken, half to each where they are equal, as in PyTorch. */
function toTheTaken(gradient: Node, a: Node, b: Node, taken: (a: Node, b: Node) => Node): Node[] {
  const half = scale(gradient, 0.5);
  const none = zeros(gradient);
  const part = (one: Node, other: Node) => where(equal(one, other), half, where(taken(one, other), gradient, none));
  return [part(a, b), part(b, a)];
}

/** The larger of a and b; NaN if one of them is NaN. */
export const maximum = binary({
  name: 'maximum',
  formats: numbers,
  expression: ([a, b], { type }) => better(a, b, '>', type),
  wide: ([a, b], { T }) => betterWide([a, b], `${T}_less(${a}, ${b})`, T),
  derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, greater),
});

/** The smaller of a and b; NaN if one of them is NaN. */
export const minimum = binary({
  name: 'minimum',
  formats: numbers,
  expression: ([a, b], { type }) => better(a, b, '<', type),
  wide: ([a, b], { T }) => betterWide([a, b], `${T}_less(${b}, ${a})`, T),
  derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, less),
});

/** -x */
export const negate = unary({
  name: 'negate',
  formats: signed,
  expression: ([x]) => `-${x}`,
  wide: call('negate'),
  derivative: ({ gradient }) => [negate(gradient)],
});

/** x where it is positive, else 0; NaN stays NaN. Its slope at 0 is 0. */
export const relu = unary({
  name: 'relu',
  formats: signed,
  expression: ([x], { type }) => `select(${x}, ${type}(0), ${x} <= ${type}(0))`,
  wide: ([x], { T }) => `select(${x}, ${T}_value(), ${T}_less_equal(${x}, ${T}_value()))`,
  derivative: ({ output, gradient }) => {
    const none = zeros(gradient);
    return [where(greater(output, none), gradient, none)];
  },
});

const scaleOp = define<{ factor: number }>({
  name: 'scale',
  formats: numbers,
  scalars: ({ factor }) => [factor],
  expression: ([x], { scalars: [factor] }) => `${x} * ${factor}`,
  wide: call('mul'),
  derivative: ({ gradient, attributes: { factor } }) => [scale(gradient, factor)],
});

/** x · factor, a number known now. */
export const scale = (x: Node, factor: number): Node => scaleOp([x], { factor });

const offsetOp = define<{ distance: number }>({
  name: 'offset',
  formats: numbers,
  scalars: ({ distance }) => [distance],
  expression: ([x], { scalars: [distance] }) => `${x} + ${distance}`,
  wide: call('add'),
  derivative: ({ gradient }) => [gradient],
});

/** x + distance, a number known now. */
export const offset = (x: Node, distance: number): Node => offsetOp([x], { distance });

const clampOp = define<{ low: number; high: number }>({
  name: 'clamp',
  formats: numbers,
  scalars: ({ low, high }) => [low, high],
  expression: ([x], { scalars: [low, high] }) => `select(select(${x}, ${low}, ${x} < ${low}), ${high}, ${x} > ${high})`,
  wide: ([x], { T, scalars: [low, high] }) =>
    `select(select(${x}, ${low}, ${T}_less(${x}, ${low})), ${high}, ${T}_less(${high}, ${x}))`,
  derivative: ({ inputs: [x], gradient, attributes: { low, high } }) => {
    const bound = (value: number) => fill(x.shape, value, x.dtype);
    const inside = logicalAnd(greaterEqual(x, bound(low)), lessEqual(x, bound(high)));
    return [where(inside, gradient, zeros(gradient))];
  },
  flops: 2,
});

/** x limited to [low, high]; NaN stays NaN. Its slope is 1 on the bounds, as in PyTorch. @throws ShapeError when low > high */
export function clamp(x: Node, low: number, high: number): Node {
  if (!(low <= high)) throw new ShapeError(`clamp: the bounds ${low} and ${high} are in the wrong order`);
  return clampOp([x], { low, high });
}

const fillOp = defineElementwise<{ shape: Shape; value: number; dtype: DType }>({
  name: 'fill',
  dtype: (_, { dtype }) => dtype,
  scalars: ({ value }) => [value],
  expression: (_, { scalars: [value] }) => value,
  wide: (_, { scalars: [value] }) => value,
  derivative: null,
  flops: 0,
});

/** A tensor of one value. */
export const fill = (shape: Shape, value: number, dtype: DType = 'f32'): Node =>
  isSmall(dtype)
    ? convert(fillOp([], { shape: [...shape], value, dtype: 'f32' }), dtype)
    : fillOp([], { shape: [...shape], value, dtype });

const zeros = ({ shape, dtype }: Node): Node => fill(shape, 0, dtype);

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

/** -1, 0 or 1 as x is negative, zero or positive. Its slope is 0 everywhere. */
export const sign = unary({
  name: 'sign',
  formats: signed,
  scalars: () => [1],
  expression: ([x]) => `sign(${x})`,
  wide: ([x], { T, scalars: [one] }) =>
    `select(select(${x}, ${one}, ${T}_less(${T}_value(), ${x})), ${T}_negate(${one}), ${T}_less(${x}, ${T}_value()))`,
  derivative: () => [null],
});

/** |x|. Its slope at 0 is 0. */
export const abs = unary({
  name: 'abs',
  formats: signed,
  expression: ([x]) => `abs(${x})`,
  wide: call('absolute'),
  derivative: ({ inputs: [x], gradient }) => [multiply(gradient, sign(x))],
});

/** Square root. */
export const sqrt = unary({
  name: 'sqrt',
  formats: floats,
  expression: ([x]) => `sqrt(${x})`,
  wide: call('square_root'),
  derivative: ({ output, gradient }) => [divide(scale(gradient, 0.5), output)],
  costly: true,
});

/** e to the power x, to 2 units in the last place. Results below 2^-126 may be 0. */
export const exp = unary({
  name: 'exp',
  formats: floats,
  functions: exponential,
  expression: ([x]) => `exponential(${x})`,
  wide: call('exponential'),
  derivative: ({ output, gradient }) => [multiply(gradient, output)],
  costly: true,
});

/** Natural logarithm, to 2 units in the last place. */
export const log = unary({
  name: 'log',
  formats: floats,
  scalars: () => [Number.NEGATIVE_INFINITY, Number.NaN],
  functions: logarithm,
  expression: ([x], { scalars: [lowest, nan] }) => `logarithm(${x}, ${lowest}, ${nan})`,
  wide: ([x], { T }) => `${T}_logarithm(${x})`,
  derivative: ({ inputs: [x], gradient }) => [divide(gradient, x)],
  costly: true,
});

/** x² */
export const square = unary({
  name: 'square',
  formats: numbers,
  expression: ([x]) => `${x} * ${x}`,
  wide: ([x], { T }) => `${T}_mul(${x}, ${x})`,
  derivative: ({ inputs: [x], gradient }) => [scale(multiply(gradient, x), 2)],
});

/** Conversion to another number format; see `cast`. */
function conversion(x: string, { type, from: [from], dtype }: ExpressionTypes): string {
  if (dtype === 'bool') return `${type}(!(${x} == ${from}(0)))`;
  return from === type ? x : `${type}(${x})`;
}

/** The same from or to a format of two words: exact between f32 and f32x2, else by way of binary64. */
function conversionOfWide(x: string, { formats: [from], dtype }: WideTypes): string {
  if (dtype === 'bool') return `u32(!${from}_equal(${x}, ${from}_value()))`;
  if (from === 'f32' && dtype === 'f32x2') return `vec2f(${x}, 0.0)`;
  if (from === 'f32x2' && dtype === 'f32') return `${x}.x`;
  if (from === 'f32x2' && dtype === 'f64') return `f32x2_nearest_f64(${x})`;
  const word = from === 'bool' ? 'u32' : from;
  const wide = from === 'f64' ? x : from === 'f32x2' ? `f32x2_to_f64(${x})` : `f64_from_${word}(${x})`;
  return dtype === 'f64' ? wide : dtype === 'f32x2' ? `f32x2_from_f64(${wide})` : `f64_to_${dtype}(${wide})`;
}

const castOp = defineElementwise<{ dtype: DType }>({
  name: 'cast',
  dtype: (_, { dtype }) => dtype,
  expression: ([x], types) => conversion(x, types),
  wide: ([x], types) => conversionOfWide(x, types),
  converts: true,
  derivative: ({ inputs: [x], gradient }) => [
    formats[x.dtype].floating && formats[gradient.dtype].floating ? cast(gradient, x.dtype) : null,
  ],
  flops: 0,
});

/** Converts numbers: floats to integers towards zero, anything to bool by x ≠ 0, bool to 0 and 1, floats to the nearest, ties to even. */
export function cast(x: Node, dtype: DType): Node {
  if (x.dtype === dtype) return x;
  return isSmall(x.dtype) || isSmall(dtype) ? convert(x, dtype) : castOp([x], { dtype });
}

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
