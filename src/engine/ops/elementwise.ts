import { type DType, formats } from '../dtype.ts';
import { ShapeError } from '../errors.ts';
import type { Node, Shape } from '../graph.ts';
import type { Op } from '../op.ts';
import { defineElementwise, type ExpressionTypes } from './fused.ts';
import { expand } from './sum.ts';

/** Ops that compute each element from the elements at the same place. All of them broadcast as NumPy does. */

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

const binary =
  (op: Op<NoAttributes>) =>
  (a: Node, b: Node): Node =>
    op(broadcast(op.definition.name, [a, b]), {});

const unary =
  (op: Op<NoAttributes>) =>
  (x: Node): Node =>
    op([x], {});

/** The one format that all operands have, if it is among those allowed. */
const sameFormat =
  (name: string, allowed: readonly DType[]) =>
  (inputs: readonly DType[]): DType => {
    const [dtype] = inputs;
    if (inputs.some((other) => other !== dtype) || !allowed.includes(dtype))
      throw new ShapeError(
        `${name} takes operands of one format out of ${allowed.join(', ')}, not ${inputs.join(', ')}`,
      );
    return dtype;
  };

const numbers = ['f32', 'i32', 'u32'] as const;
const signed = ['f32', 'i32'] as const;
const floats = ['f32'] as const;

const compared = (name: string) => {
  const check = sameFormat(name, numbers);
  return (inputs: readonly DType[]): DType => {
    check(inputs);
    return 'bool';
  };
};

/** Zero, or another number, of a WGSL type. */
const constant = (type: string, value: string) => `${type}(${value})`;

/** a + b. Integers wrap around. */
export const add = binary(
  defineElementwise<NoAttributes>({
    name: 'add',
    dtype: sameFormat('add', numbers),
    expression: ([a, b]) => `${a} + ${b}`,
    derivative: ({ gradient }) => [gradient, gradient],
    flops: 1,
  }),
);

/** a - b. Integers wrap around. */
export const subtract = binary(
  defineElementwise<NoAttributes>({
    name: 'subtract',
    dtype: sameFormat('subtract', numbers),
    expression: ([a, b]) => `${a} - ${b}`,
    derivative: ({ gradient }) => [gradient, negate(gradient)],
    flops: 1,
  }),
);

/** a · b. Integers wrap around. */
export const multiply = binary(
  defineElementwise<NoAttributes>({
    name: 'multiply',
    dtype: sameFormat('multiply', numbers),
    expression: ([a, b]) => `${a} * ${b}`,
    derivative: ({ inputs: [a, b], gradient }) => [multiply(gradient, b), multiply(gradient, a)],
    flops: 1,
  }),
);

/** a / b, of floats. */
export const divide = binary(
  defineElementwise<NoAttributes>({
    name: 'divide',
    dtype: sameFormat('divide', floats),
    expression: ([a, b]) => `${a} / ${b}`,
    derivative: ({ inputs: [, b], output, gradient }) => {
      const slope = divide(gradient, b);
      return [slope, negate(multiply(slope, output))];
    },
    flops: 1,
    costly: true,
  }),
);

/**
 * b where it is better than a, else a; NaN if one of them is NaN. NaN is told by its bits: on Vulkan `b != b` is false for it.
 */
const better = (a: string, b: string, operator: string, type: string): string => {
  const isBetter = `${b} ${operator} ${a}`;
  if (type !== 'F') return `select(${a}, ${b}, ${isBetter})`;
  return `select(${a}, ${b}, (${isBetter}) | ((bitcast<U>(${b}) & U(0x7fffffffu)) > U(0x7f800000u)))`;
};

/** Gradient of maximum and minimum: to the operand that was taken, half to each where they are equal, as in PyTorch. */
function toTheTaken(gradient: Node, a: Node, b: Node, taken: (a: Node, b: Node) => Node): Node[] {
  const half = scale(gradient, 0.5);
  const none = fill(gradient.shape, 0);
  const part = (one: Node, other: Node) => where(equal(one, other), half, where(taken(one, other), gradient, none));
  return [part(a, b), part(b, a)];
}

/** The larger of a and b; NaN if one of them is NaN. */
export const maximum = binary(
  defineElementwise<NoAttributes>({
    name: 'maximum',
    dtype: sameFormat('maximum', numbers),
    expression: ([a, b], { type }) => better(a, b, '>', type),
    derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, greater),
    flops: 1,
  }),
);

/** The smaller of a and b; NaN if one of them is NaN. */
export const minimum = binary(
  defineElementwise<NoAttributes>({
    name: 'minimum',
    dtype: sameFormat('minimum', numbers),
    expression: ([a, b], { type }) => better(a, b, '<', type),
    derivative: ({ inputs: [a, b], gradient }) => toTheTaken(gradient, a, b, less),
    flops: 1,
  }),
);

/** -x */
export const negate = unary(
  defineElementwise<NoAttributes>({
    name: 'negate',
    dtype: sameFormat('negate', signed),
    expression: ([x]) => `-${x}`,
    derivative: ({ gradient }) => [negate(gradient)],
    flops: 1,
  }),
);

/** x where it is positive, else 0; NaN stays NaN. Its slope at 0 is 0. */
export const relu = unary(
  defineElementwise<NoAttributes>({
    name: 'relu',
    dtype: sameFormat('relu', signed),
    expression: ([x], { type }) => `select(${x}, ${constant(type, '0')}, ${x} <= ${constant(type, '0')})`,
    derivative: ({ output, gradient }) => {
      const none = fill(gradient.shape, 0);
      return [where(greater(output, none), gradient, none)];
    },
    flops: 1,
  }),
);

const scaleOp = defineElementwise<{ factor: number }>({
  name: 'scale',
  dtype: sameFormat('scale', numbers),
  scalars: ({ factor }) => [factor],
  expression: ([x], { scalars: [factor] }) => `${x} * ${factor}`,
  derivative: ({ gradient, attributes: { factor } }) => [scale(gradient, factor)],
  flops: 1,
});

/** x · factor, a number known now. */
export const scale = (x: Node, factor: number): Node => scaleOp([x], { factor });

const offsetOp = defineElementwise<{ distance: number }>({
  name: 'offset',
  dtype: sameFormat('offset', numbers),
  scalars: ({ distance }) => [distance],
  expression: ([x], { scalars: [distance] }) => `${x} + ${distance}`,
  derivative: ({ gradient }) => [gradient],
  flops: 1,
});

/** x + distance, a number known now. */
export const offset = (x: Node, distance: number): Node => offsetOp([x], { distance });

const clampOp = defineElementwise<{ low: number; high: number }>({
  name: 'clamp',
  dtype: sameFormat('clamp', numbers),
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
  binary(
    defineElementwise<NoAttributes>({
      name,
      dtype: compared(name),
      expression: ([a, b], { type }) => `${type}(${holds(a, b)})`,
      derivative: null,
      flops: 1,
    }),
  );

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

const isTrue = (condition: string, type: string) => `(${condition} != ${constant(type, '0')})`;

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
export const sign = unary(
  defineElementwise<NoAttributes>({
    name: 'sign',
    dtype: sameFormat('sign', signed),
    expression: ([x]) => `sign(${x})`,
    derivative: () => [null],
    flops: 1,
  }),
);

/** |x|. Its slope at 0 is 0. */
export const abs = unary(
  defineElementwise<NoAttributes>({
    name: 'abs',
    dtype: sameFormat('abs', signed),
    expression: ([x]) => `abs(${x})`,
    derivative: ({ inputs: [x], gradient }) => [multiply(gradient, sign(x))],
    flops: 1,
  }),
);

/** Square root. */
export const sqrt = unary(
  defineElementwise<NoAttributes>({
    name: 'sqrt',
    dtype: sameFormat('sqrt', floats),
    expression: ([x]) => `sqrt(${x})`,
    derivative: ({ output, gradient }) => [divide(scale(gradient, 0.5), output)],
    flops: 1,
    costly: true,
  }),
);

/** e to the power x. */
export const exp = unary(
  defineElementwise<NoAttributes>({
    name: 'exp',
    dtype: sameFormat('exp', floats),
    expression: ([x]) => `exp(${x})`,
    derivative: ({ output, gradient }) => [multiply(gradient, output)],
    flops: 1,
    costly: true,
  }),
);

/** Natural logarithm. */
export const log = unary(
  defineElementwise<NoAttributes>({
    name: 'log',
    dtype: sameFormat('log', floats),
    expression: ([x]) => `log(${x})`,
    derivative: ({ inputs: [x], gradient }) => [divide(gradient, x)],
    flops: 1,
    costly: true,
  }),
);

/** x² */
export const square = unary(
  defineElementwise<NoAttributes>({
    name: 'square',
    dtype: sameFormat('square', numbers),
    expression: ([x]) => `${x} * ${x}`,
    derivative: ({ inputs: [x], gradient }) => [scale(multiply(gradient, x), 2)],
    flops: 1,
  }),
);

/** Conversion to another number format; see `cast`. */
function conversion(x: string, { type, from: [from], dtype }: ExpressionTypes): string {
  if (dtype === 'bool') return `${type}(${x} != ${constant(from, '0')})`;
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
export const logicalNot = unary(
  defineElementwise<NoAttributes>({
    name: 'logicalNot',
    dtype: sameFormat('logicalNot', ['bool']),
    expression: ([x], { type }) => `${constant(type, '1')} - ${x}`,
    derivative: null,
    flops: 1,
  }),
);

/** true where both a and b (bool) are. */
export const logicalAnd = binary(
  defineElementwise<NoAttributes>({
    name: 'logicalAnd',
    dtype: sameFormat('logicalAnd', ['bool']),
    expression: ([a, b]) => `${a} & ${b}`,
    derivative: null,
    flops: 1,
  }),
);
