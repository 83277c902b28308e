import exponential from '../../shaders/exponential.wgsl';
import logarithm from '../../shaders/logarithm.wgsl';
import { type DType, formats } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import type { Node, Shape } from '../graph.ts';
import type { Attributes, Op } from '../op.ts';
import { defineElementwise, type Elementwise, type ExpressionTypes } from './fused.ts';
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

const numbers = ['f32', 'i32', 'u32'] as const;
const signed = ['f32', 'i32'] as const;
const floats = ['f32'] as const;

/** a + b. Integers wrap around. */
export const add = binary({
  name: 'add',
  formats: numbers,
  expression: ([a, b]) => `${a} + ${b}`,
  derivative: ({ gradient }) => [gradient, gradient],
});

/** a - b. Integers wrap around. */
export const subtract = binary({
  name: 'subtract',
  formats: numbers,
  expression: ([a, b]) => `${a} - ${b}`,
  derivative: ({ gradient }) => [gradient, negate(gradient)],
});

/** a · b. Integers wrap around. */
export const multiply = binary({
  name: 'multiply',
  formats: numbers,
  expression: ([a, b]) => `${a} * ${b}`,
  derivative: ({ inputs: [a, b], gradient }) => [multiply(gradient, b), multiply(gradient, a)],
});

/** a / b, of floats, to 2.5 units in the last place. */
export const divide = binary({
  name: 'divide',
  formats: floats,
  expression: ([a, b]) => `${a} / ${b}`,
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

/** Gradient of maximum and minimum: to the operand that was taken, half to each where they are equal, as in PyTorch. */
function toTheTaken(gradient: Node, a: Node, b: Node, taken: (a: Node, b: Node) => Node): Node[] {
  const half = scale(gradient, 0.5);
  const none = fill(gradient.shape, 0);
  const part = (one: Node, other: Node) => where(equal(one, other), half, where(taken(one, other), gradient, none));
  return [part(a, b), part(b, a)];
}

/** The larger of a and b; NaN if one of them is NaN. */
export const maximum = binary({
  name: 'maximum',
  formats: numbers,
  expression: ([a, b], { type }) => better(a, b, '>', type),
  derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, greater),
});

/** The smaller of a and b; NaN if one of them is NaN. */
export const minimum = binary({
  name: 'minimum',
  formats: numbers,
  expression: ([a, b], { type }) => better(a, b, '<', type),
  derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, less),
});

/** -x */
export const negate = unary({
  name: 'negate',
  formats: signed,
  expression: ([x]) => `-${x}`,
  derivative: ({ gradient }) => [negate(gradient)],
});

/** x where it is positive, else 0; NaN stays NaN. Its slope at 0 is 0. */
export const relu = unary({
  name: 'relu',
  formats: signed,
  expression: ([x], { type }) => `select(${x}, ${type}(0), ${x} <= ${type}(0))`,
  derivative: ({ output, gradient }) => {
    const none = fill(gradient.shape, 0);
    return [where(greater(output, none), gradient, none)];
  },
});

const scaleOp = define<{ factor: number }>({
  name: 'scale',
  formats: numbers,
  scalars: ({ factor }) => [factor],
  expression: ([x], { scalars: [factor] }) => `${x} * ${factor}`,
  derivative: ({ gradient, attributes: { factor } }) => [scale(gradient, factor)],
});

/** x · factor, a number known now. */
export const scale = (x: Node, factor: number): Node => scaleOp([x], { factor });

const offsetOp = define<{ distance: number }>({
  name: 'offset',
  formats: numbers,
  scalars: ({ distance }) => [distance],
  expression: ([x], { scalars: [distance] }) => `${x} + ${distance}`,
  derivative: ({ gradient }) => [gradient],
});

/** x + distance, a number known now. */
export const offset = (x: Node, distance: number): Node => offsetOp([x], { distance });

const clampOp = define<{ low: number; high: number }>({
  name: 'clamp',
  formats: numbers,
  scalars: ({ low, high }) => [low, high],
  expression: ([x], { scalars: [low, high] }) => `select(select(${x}, ${low}, ${x} < ${low}), ${high}, ${x} > ${high})`,
  derivative: ({ inputs: [x], gradient, attributes: { low, high } }) => {
    const inside = logicalAnd(greaterEqual(x, fill(x.shape, low)), lessEqual(x, fill(x.shape, high)));
    return [where(inside, gradient, fill(gradient.shape, 0))];
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
  derivative: null,
  flops: 0,
});

/** A tensor of one value. */
export const fill = (shape: Shape, value: number, dtype: DType = 'f32'): Node =>
  fillOp([], { shape: [...shape], value, dtype });

const comparison = (name: string, holds: (a: string, b: string) => string) =>
  binary({
    name,
    formats: numbers,
    result: 'bool',
    expression: ([a, b], { type }) => `${type}(${holds(a, b)})`,
    derivative: null,
  });

/** a = b, a bool. */
export const equal = comparison('equal', (a, b) => `${a} == ${b}`);
/** a ≠ b, a bool. NaN differs from everything, which WGSL's `!=` does not say on Vulkan. */
export const notEqual = comparison('notEqual', (a, b) => `!(${a} == ${b})`);
/** a < b, a bool. */
export const less = comparison('less', (a, b) => `${a} < ${b}`);
/** a ≤ b, a bool. */
export const lessEqual = comparison('lessEqual', (a, b) => `${a} <= ${b}`);
/** a > b, a bool. */
export const greater = comparison('greater', (a, b) => `${a} > ${b}`);
/** a ≥ b, a bool. */
export const greaterEqual = comparison('greaterEqual', (a, b) => `${a} >= ${b}`);

const isTrue = (condition: string, type: string) => `(${condition} != ${type}(0))`;

const whereOp = defineElementwise<NoAttributes>({
  name: 'where',
  dtype: ([condition, a, b]) => {
    if (condition !== 'bool' || a !== b)
      throw new ShapeError(`where takes a bool and two operands of one format, not ${condition}, ${a}, ${b}`);
    return a;
  },
  expression: ([condition, a, b], { from: [type] }) => `select(${b}, ${a}, ${isTrue(condition, type)})`,
  derivative: ({ inputs: [condition], gradient }) => {
    const none = fill(gradient.shape, 0);
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
  expression: ([x]) => `sign(${x})`,
  derivative: () => [null],
});

/** |x|. Its slope at 0 is 0. */
export const abs = unary({
  name: 'abs',
  formats: signed,
  expression: ([x]) => `abs(${x})`,
  derivative: ({ inputs: [x], gradient }) => [multiply(gradient, sign(x))],
});

/** Square root. */
export const sqrt = unary({
  name: 'sqrt',
  formats: floats,
  expression: ([x]) => `sqrt(${x})`,
  derivative: ({ output, gradient }) => [divide(scale(gradient, 0.5), output)],
  costly: true,
});

/** e to the power x, to 2 units in the last place. Results below 2^-126 may be 0. */
export const exp = unary({
  name: 'exp',
  formats: floats,
  functions: exponential,
  expression: ([x]) => `exponential(${x})`,
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
  derivative: ({ inputs: [x], gradient }) => [divide(gradient, x)],
  costly: true,
});

/** x² */
export const square = unary({
  name: 'square',
  formats: numbers,
  expression: ([x]) => `${x} * ${x}`,
  derivative: ({ inputs: [x], gradient }) => [scale(multiply(gradient, x), 2)],
});

/** Conversion to another number format; see `cast`. */
function conversion(x: string, { type, from: [from], dtype }: ExpressionTypes): string {
  if (dtype === 'bool') return `${type}(!(${x} == ${from}(0)))`;
  return from === type ? x : `${type}(${x})`;
}

const castOp = defineElementwise<{ dtype: DType }>({
  name: 'cast',
  dtype: (_, { dtype }) => dtype,
  expression: ([x], types) => conversion(x, types),
  derivative: ({ inputs: [x], gradient }) => [
    formats[x.dtype].floating && formats[gradient.dtype].floating ? cast(gradient, x.dtype) : null,
  ],
  flops: 0,
});

/** Converts numbers: floats to integers towards zero, anything to bool by x ≠ 0, bool to 0 and 1. */
export const cast = (x: Node, dtype: DType): Node => (x.dtype === dtype ? x : castOp([x], { dtype }));

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
