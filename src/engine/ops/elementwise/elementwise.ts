import exponential from '../../../shaders/parts/exponential.wgsl';
import logarithm from '../../../shaders/parts/logarithm.wgsl';
import { ShapeError } from '../../errors.ts';
import type { Node } from '../../graph/op.ts';
import { equal, greater, less, lessEqual, logicalAnd, where } from './comparison.ts';
import { binary, call, define, fill, floats, numbers, signed, unary, zeros } from './define.ts';

export { cast } from './cast.ts';
export {
  equal,
  greater,
  greaterEqual,
  isNan,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  notEqual,
  where,
} from './comparison.ts';
export { fill, zeros } from './define.ts';

/**
 * Ops that compute each element from the elements at the same place. All of them broadcast as NumPy does.
 *
 * Infinities and NaN behave as in IEEE 754, in fused kernels, too: x / 0, log 0 and overflow give infinities, 0 / 0, ∞ - ∞, log(-1) and
 * √-1 NaN, and (x + y) - x is what rounding left of y. WGSL does not promise it, but a diverged training must not look healthy:
 * kernels hide from compilers how values came about, and tests check what follows on two adapters. Subnormal numbers may become 0.
 */

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
const isNanText = (x: string) => `((bitcast<U>(${x}) & U(0x7fffffffu)) > U(0x7f800000u))`;

/** b where it is better than a, else a; NaN if one of them is NaN. */
const better = (a: string, b: string, operator: string, type: string): string => {
  const isBetter = `${b} ${operator} ${a}`;
  if (type !== 'F') return `select(${a}, ${b}, ${isBetter})`;
  return `select(${a}, ${b}, (${isBetter}) | ${isNanText(b)})`;
};

/** b where it is better than a, else a; NaN if one of them is NaN: in a format of two words, better means that `less(a, b)` holds. */
const betterWide = ([a, b]: readonly string[], less: string, T: string): string =>
  `select(${a}, ${b}, ${less} || ${T}_is_nan(${b}))`;

/** Gradient of maximum and minimum: to the operand that was taken, half to each where they are equal, as in PyTorch 2.15. */
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

/** x where it is positive, else 0; NaN stays NaN. Its slope is 0 at 0 and 1 at NaN, as in PyTorch 2.15. */
export const relu = unary({
  name: 'relu',
  formats: signed,
  expression: ([x], { type }) => `select(${x}, ${type}(0), ${x} <= ${type}(0))`,
  wide: ([x], { T }) => `select(${x}, ${T}_value(), ${T}_less_equal(${x}, ${T}_value()))`,
  derivative: ({ output, gradient }) => {
    const none = zeros(gradient);
    return [where(lessEqual(output, none), none, gradient)];
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

/** x · factor, a constant of the graph. */
export const scale = (x: Node, factor: number): Node => scaleOp([x], { factor });

const offsetOp = define<{ distance: number }>({
  name: 'offset',
  formats: numbers,
  scalars: ({ distance }) => [distance],
  expression: ([x], { scalars: [distance] }) => `${x} + ${distance}`,
  wide: call('add'),
  derivative: ({ gradient }) => [gradient],
});

/** x + distance, a constant of the graph. */
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
    const inside = logicalAnd(greater(x, bound(low)), less(x, bound(high)));
    return [where(inside, gradient, zeros(gradient))];
  },
  flops: 2,
});

/**
 * x limited to [low, high]; NaN stays NaN. Its slope is 0 on the bounds, as in PyTorch 2.15 (1 in older ones), and at
 * NaN.
 * @throws ShapeError when low > high
 */
export function clamp(x: Node, low: number, high: number): Node {
  if (!(low <= high)) throw new ShapeError(`clamp: the bounds ${low} and ${high} are in the wrong order`);
  return clampOp([x], { low, high });
}

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
  functions: [exponential],
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
  functions: [logarithm],
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
