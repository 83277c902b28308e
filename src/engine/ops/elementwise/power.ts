import wideText from '../../../shaders/elementwise/pow.f64.wgsl';
import powText from '../../../shaders/elementwise/pow.wgsl';
import type { Node } from '../../graph/op.ts';
import { expandWgsl } from '../../kernels/wgsl.ts';
import { binary, fill, floats, zeros } from './define.ts';
import { divide, equal, greaterEqual, log, logicalAnd, multiply, offset, square, where } from './elementwise.ts';

/** Elementwise powers. */

const powOp = binary({
  name: 'pow',
  formats: floats,
  scalars: () => [Number.POSITIVE_INFINITY, Number.NaN],
  functions: [powText],
  expression: ([a, b], { scalars: [infinity, nan] }) => `power(${a}, ${b}, ${infinity}, ${nan})`,
  wide: ([a, b], { T }) =>
    T === 'f64' ? `f64_power(${a}, ${b})` : `f32x2_from_f64(f64_power(f32x2_to_f64(${a}), f32x2_to_f64(${b})))`,
  wideFunctions: () => [expandWgsl(wideText)],
  throughF64: true,
  converts: true,
  // 0 by a where b = 0, and by b where a = 0 and b >= 0, as in PyTorch 2.15: the limits, where the formulas have 0 · ∞.
  derivative: ({ inputs: [a, b], output, gradient }) => {
    const none = zeros(gradient);
    const byBase = multiply(gradient, multiply(b, powOp(a, offset(b, -1))));
    const byExponent = multiply(gradient, multiply(output, log(a)));
    const flat = logicalAnd(equal(a, zeros(a)), greaterEqual(b, zeros(b)));
    return [where(equal(b, zeros(b)), none, byBase), where(flat, none, byExponent)];
  },
  costly: true,
});

/**
 * a to the power b, to 4 units in the last place in f32, with IEEE 754's rules for zeros, infinities and NaN: pow(x, 0) and pow(1, x) are
 * 1 for every x, and a negative base has a power where the exponent is whole, else NaN. A number as the exponent costs less where it is 1,
 * 2 or 3. In f32x2 it is computed in f64.
 */
export function pow(a: Node, b: Node | number): Node {
  if (typeof b !== 'number') return powOp(a, b);
  if (b === 1) return a;
  if (b === 2) return square(a);
  return b === 3 ? multiply(square(a), a) : powOp(a, fill([], b, a.dtype));
}

/** 1 / x */
export const reciprocal = (x: Node): Node => divide(fill([], 1, x.dtype), x);
