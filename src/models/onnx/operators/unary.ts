import {
  abs,
  cast,
  ceil,
  equal,
  erf,
  exp,
  fill,
  floor,
  formats,
  isNan,
  log,
  logicalOr,
  type Node,
  negate,
  reciprocal,
  round,
  sign,
  sqrt,
} from '../../../engine/index.ts';
import { mapped } from '../graph/host.ts';
import { computed } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators on each element of one tensor. */

/** Without `host` the operator is not computed there. */
const unary = (name: string, since: number, lower: (x: Node) => Node, host?: (x: number) => number): Operator =>
  defineOperator({
    name,
    since: [since],
    lower: (call) => call.output(lower(call.node(0))),
    fold: host && ((_, [x]) => x && mapped(x.type, [x], host)),
  });

/** Numbers without a sign, which the engine's functions of signed ones do not take, are what they are. */
const ofSigned =
  (compute: (x: Node) => Node): ((x: Node) => Node) =>
  (x) =>
    x.dtype === 'u32' ? x : compute(x);

/** The nearest whole number; of two, the even one. */
function rounded(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

export const unaries: readonly Operator[] = [
  unary('Neg', 6, negate, (x) => -x),
  unary('Abs', 6, ofSigned(abs), Math.abs),
  unary('Sign', 9, (x) => (x.dtype === 'u32' ? cast(cast(x, 'bool'), 'u32') : sign(x)), Math.sign),
  unary('Floor', 6, floor, Math.floor),
  unary('Ceil', 6, ceil, Math.ceil),
  unary('Round', 11, round, rounded),
  unary('Sqrt', 6, sqrt, Math.sqrt),
  unary('Exp', 6, exp, Math.exp),
  unary('Log', 6, log, Math.log),
  unary('Reciprocal', 6, reciprocal, (x) => 1 / x),
  unary('Erf', 9, erf),
  defineOperator({
    name: 'IsNaN',
    since: [9],
    moves: true,
    lower: (call) => {
      const x = call.node(0);
      return computed('bool', isNan(formats[x.dtype].bytes < 4 ? cast(x, 'f32') : x));
    },
  }),
  defineOperator({
    name: 'IsInf',
    since: [10],
    moves: true,
    lower: (call) => {
      const x = call.node(0);
      const isInfinity = (sign: number) => equal(x, fill(x.shape, sign * Number.POSITIVE_INFINITY, x.dtype));
      const signs = [-1, 1].filter((sign) => call.int(sign < 0 ? 'detect_negative' : 'detect_positive', 1) !== 0);
      const [first, second] = signs.map(isInfinity);
      if (first === undefined) return computed('bool', fill(x.shape, 0, 'bool'));
      return computed('bool', second === undefined ? first : logicalOr(first, second));
    },
  }),
];
