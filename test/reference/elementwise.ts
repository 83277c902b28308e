import type { DType } from '../../src/engine/graph/dtype.ts';
import type { Attributes } from '../../src/engine/graph/op.ts';
import { erf } from './erf.ts';

/** What an elementwise op is for one element: operands and attributes to the result, whose format is given. */
export type Meaning = (operands: readonly number[], attributes: Attributes, dtype: DType) => number;

/** Integers wrap around; their products may exceed what a double holds exactly. */
function wrapped(dtype: DType, float: number, integer: () => bigint): number {
  if (dtype === 'i32') return Number(BigInt.asIntN(32, integer()));
  if (dtype === 'u32') return Number(BigInt.asUintN(32, integer()));
  return float;
}

const bool = (value: boolean) => Number(value);
const times: Meaning = ([a, b], _, dtype) => wrapped(dtype, a * b, () => BigInt(a) * BigInt(b));

function cast(x: number, dtype: DType): number {
  if (dtype === 'bool') return bool(x !== 0);
  if (dtype === 'f32') return x;
  return wrapped(dtype, x, () => BigInt(Math.trunc(x)));
}

/** IEEE 754's power: JavaScript's is NaN where a base of 1 or -1 has an exponent that is NaN or infinite. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

/** To the nearest whole number, ties to even. */
function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const part = x - below;
  return part > 0.5 || (part === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** Every elementwise op by its name. Comparisons, `where` and logic see bools as 0 and 1. */
export const elementwise: Readonly<Record<string, Meaning>> = {
  add: ([a, b], _, dtype) => wrapped(dtype, a + b, () => BigInt(a) + BigInt(b)),
  subtract: ([a, b], _, dtype) => wrapped(dtype, a - b, () => BigInt(a) - BigInt(b)),
  multiply: times,
  divide: ([a, b]) => a / b,
  maximum: ([a, b]) => Math.max(a, b),
  minimum: ([a, b]) => Math.min(a, b),
  negate: ([x], _, dtype) => wrapped(dtype, -x, () => -BigInt(x)),
  relu: ([x]) => (Number.isNaN(x) ? x : Math.max(x, 0)),
  scale: ([x], { factor }, dtype) => times([x, factor as number], {}, dtype),
  offset: ([x], { distance }, dtype) =>
    wrapped(dtype, x + (distance as number), () => BigInt(x) + BigInt(distance as number)),
  clamp: ([x], { low, high }) => (Number.isNaN(x) ? x : Math.min(Math.max(x, low as number), high as number)),
  fill: (_, { value }) => value as number,
  equal: ([a, b]) => bool(a === b),
  notEqual: ([a, b]) => bool(a !== b),
  less: ([a, b]) => bool(a < b),
  lessEqual: ([a, b]) => bool(a <= b),
  greater: ([a, b]) => bool(a > b),
  greaterEqual: ([a, b]) => bool(a >= b),
  where: ([condition, a, b]) => (condition === 0 ? b : a),
  sign: ([x]) => Math.sign(x),
  abs: ([x]) => Math.abs(x),
  sqrt: ([x]) => Math.sqrt(x),
  exp: ([x]) => Math.exp(x),
  log: ([x]) => Math.log(x),
  square: ([x], _, dtype) => times([x, x], {}, dtype),
  cast: ([x], _, dtype) => cast(x, dtype),
  logicalNot: ([x]) => bool(x === 0),
  logicalAnd: ([a, b]) => bool(a !== 0 && b !== 0),
  logicalOr: ([a, b]) => bool(a !== 0 || b !== 0),
  logicalXor: ([a, b]) => bool((a !== 0) !== (b !== 0)),
  isNan: ([x]) => bool(Number.isNaN(x)),
  floor: ([x]) => Math.floor(x),
  ceil: ([x]) => Math.ceil(x),
  round: ([x]) => roundHalfEven(x),
  pow: ([a, b]) => power(a, b),
  expm1: ([x]) => Math.expm1(x),
  log1p: ([x]) => Math.log1p(x),
  tanh: ([x]) => Math.tanh(x),
  sigmoid: ([x]) => 1 / (1 + Math.exp(-x)),
  softplus: ([x]) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf: ([x]) => erf(x),
};

/** One op over whole tensors of one shape. */
export const map = (
  name: string,
  operands: readonly Float64Array[],
  size: number,
  attributes: Attributes = {},
  dtype: DType = 'f32',
): Float64Array =>
  Float64Array.from({ length: size }, (_, i) =>
    elementwise[name](
      operands.map((operand) => operand[i]),
      attributes,
      dtype,
    ),
  );
