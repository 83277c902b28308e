import {
  abs,
  add,
  cast,
  divide,
  elements,
  fill,
  floor,
  isNan,
  less,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  multiply,
  type Node,
  pow,
  reshape,
  scale,
  sign,
  subtract,
  where,
} from '../../../engine/index.ts';
import { isFloating } from '../format/elementType.ts';
import { besideFirst } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { mapped } from '../graph/host.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators on two or more tensors of one type, which broadcast as NumPy's. */

type Compute = (a: Node, b: Node, call: Call) => Node;

interface Binary {
  readonly name: string;
  readonly lower: Compute;
  readonly host: (a: number, b: number, whole: boolean) => number;
  /** A tensor that is added or multiplied may be learned; a number, or what is subtracted or divided by, is the network's recipe. */
  readonly learned?: true;
}

const binary = ({ name, lower, host, learned }: Binary): Operator =>
  defineOperator({
    name,
    since: [6, 7],
    lower: (call) => {
      const operand = (index: number) =>
        learned && elements(call.input(index).shape) > 1 ? call.node(index) : call.fixed(index);
      const [a, b] = [operand(0), operand(1)];
      return call.output(lower(a, reshape(b, besideFirst(call, a.shape, b.shape)), call));
    },
    fold: (call, [a, b]) => {
      if (a === undefined || b === undefined) return undefined;
      const whole = !isFloating(a.type);
      const beside = { ...b, shape: besideFirst(call, a.shape, b.shape) };
      return mapped(a.type, [a, beside], (one, other) => host(one, other, whole));
    },
  });

/** A quotient; of integers what lies towards zero, which quotients of binary64 give exactly. */
function quotient(a: Node, b: Node, call: Call): Node {
  if (isFloating(call.input(0).type)) return divide(a, b);
  return cast(divide(cast(a, 'f64'), cast(b, 'f64')), a.dtype);
}

/** a to the power b; a constant exponent of one number costs less. Whole numbers are computed in binary64. */
function power(call: Call): Node {
  const base = call.node(0);
  const exponent = call.input(1).peek?.();
  const dtype = isFloating(call.input(0).type) ? base.dtype : 'f64';
  const by = exponent?.data.length === 1 ? call.numbers(1)[0] : cast(exponentOf(call, base), dtype);
  return cast(pow(cast(base, dtype), by), base.dtype);
}

const exponentOf = (call: Call, { shape }: Node): Node => {
  const exponent = call.fixed(1);
  return reshape(exponent, besideFirst(call, shape, exponent.shape));
};

/** The rest of a division: with the sign of the divisor, or, as C's `fmod`, of the dividend. Whole numbers are divided in binary64. */
function remainder(call: Call): Node {
  const operands = [call.node(0), call.fixed(1)];
  const dtype = isFloating(call.input(0).type) ? operands[0].dtype : 'f64';
  const [a, b] = operands.map((x) => cast(x, dtype));
  const share = divide(a, b);
  const towardsZero = call.int('fmod', 0) !== 0;
  const whole = towardsZero ? multiply(sign(share), floor(abs(share))) : floor(share);
  const rest = cast(subtract(a, multiply(whole, b)), operands[0].dtype);
  if (!isFloating(call.input(0).type)) return rest;
  // A number divided by an infinity: 0 · ∞ is NaN, but the rest is the number, or with the other sign the infinity.
  const kept = towardsZero ? a : where(less(multiply(a, sign(b)), fill(a.shape, 0, a.dtype)), b, a);
  return where(logicalAnd(hasBound(a), logicalNot(logicalOr(hasBound(b), isNan(b)))), kept, rest);
}

/** Neither an infinity nor NaN, which alone differ from themselves by NaN. */
const hasBound = (x: Node): Node => logicalNot(isNan(subtract(x, x)));

/** A function of any number of tensors, two at a time. */
const variadic = (name: string, since: number, lower: Compute, host: (numbers: number[]) => number, isMean = false) =>
  defineOperator({
    name,
    since: [since],
    lower: (call) => {
      const nodes = call.inputs.map((_, index) => call.node(index));
      const result = nodes.reduce((a, b) => lower(a, b, call));
      return call.output(isMean ? scale(result, 1 / nodes.length) : result);
    },
    fold: (_, inputs) => {
      const known = inputs.filter((input) => input !== undefined);
      return mapped(known[0].type, known, (...numbers) => host(numbers));
    },
  });

const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);

export const arithmetic: readonly Operator[] = [
  binary({ name: 'Add', lower: add, host: (a, b) => a + b, learned: true }),
  binary({ name: 'Sub', lower: subtract, host: (a, b) => a - b }),
  binary({ name: 'Mul', lower: multiply, host: (a, b) => a * b, learned: true }),
  binary({ name: 'Div', lower: quotient, host: (a, b, whole) => (whole ? Math.trunc(a / b) : a / b) }),
  defineOperator({
    name: 'Pow',
    since: [6, 7],
    lower: (call) => call.output(power(call)),
    fold: (call, [a, b]) =>
      a &&
      b &&
      mapped(a.type, [a, { ...b, shape: besideFirst(call, a.shape, b.shape) }], (base, exponent) => base ** exponent),
  }),
  defineOperator({
    name: 'Mod',
    since: [10],
    lower: (call) => call.output(remainder(call)),
    fold: (call, [a, b]) => {
      if (a === undefined || b === undefined) return undefined;
      const towardsZero = call.int('fmod', 0) !== 0;
      return mapped(a.type, [a, b], (one, other) =>
        towardsZero ? one % other : one - Math.floor(one / other) * other,
      );
    },
  }),
  variadic('Max', 6, maximum, (numbers) => Math.max(...numbers)),
  variadic('Min', 6, minimum, (numbers) => Math.min(...numbers)),
  variadic('Sum', 6, add, total),
  variadic('Mean', 6, add, (numbers) => total(numbers) / numbers.length, true),
];
