import { abs, divide, exp, fill, log, type Node, negate, sign, sqrt } from '../../../engine/index.ts';
import { mapped } from '../graph/host.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators on each element of one tensor. */

const unary = (name: string, since: number, lower: (x: Node) => Node, host: (x: number) => number): Operator =>
  defineOperator({
    name,
    since: [since],
    lower: (call) => call.output(lower(call.node(0))),
    fold: (_, [x]) => x && mapped(x.type, [x], host),
  });

export const unaries: readonly Operator[] = [
  unary('Neg', 7, negate, (x) => -x),
  unary('Abs', 7, abs, Math.abs),
  unary('Sign', 9, sign, Math.sign),
  unary('Sqrt', 7, sqrt, Math.sqrt),
  unary('Exp', 7, exp, Math.exp),
  unary('Log', 7, log, Math.log),
  unary(
    'Reciprocal',
    7,
    (x) => divide(fill(x.shape, 1, x.dtype), x),
    (x) => 1 / x,
  ),
];
