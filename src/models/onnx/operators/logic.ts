import {
  cast,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  type Node,
  where,
} from '../../../engine/index.ts';
import { mapped } from '../graph/host.ts';
import { computed } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Comparisons, and what is made of their results. */

const comparison = (
  name: string,
  since: number,
  compare: (a: Node, b: Node) => Node,
  host: (a: number, b: number) => boolean,
): Operator =>
  defineOperator({
    name,
    since: [since],
    moves: true,
    lower: (call) => computed('bool', compare(call.fixed(0), call.fixed(1))),
    fold: (_, [a, b]) => a && b && mapped('bool', [a, b], (one, other) => Number(host(one, other))),
  });

/** A bool as a number that is compared. */
const asNumber = (x: Node): Node => (x.dtype === 'bool' ? cast(x, 'u32') : x);

export const logic: readonly Operator[] = [
  comparison(
    'Equal',
    7,
    (a, b) => equal(asNumber(a), asNumber(b)),
    (a, b) => a === b,
  ),
  comparison('Greater', 7, greater, (a, b) => a > b),
  comparison('Less', 7, less, (a, b) => a < b),
  comparison('GreaterOrEqual', 12, greaterEqual, (a, b) => a >= b),
  comparison('LessOrEqual', 12, lessEqual, (a, b) => a <= b),
  comparison('And', 7, logicalAnd, (a, b) => a !== 0 && b !== 0),
  comparison('Or', 7, logicalOr, (a, b) => a !== 0 || b !== 0),
  comparison('Xor', 7, logicalXor, (a, b) => a !== b),
  defineOperator({
    name: 'Not',
    since: [6],
    moves: true,
    lower: (call) => computed('bool', logicalNot(call.node(0))),
    fold: (_, [x]) => x && mapped('bool', [x], (value) => 1 - value),
  }),
  defineOperator({
    name: 'Where',
    since: [9],
    moves: true,
    lower: (call) => call.output(where(call.node(0), call.fixed(1), call.fixed(2)), call.input(1).type),
    fold: (_, [condition, a, b]) =>
      condition && a && b && mapped(a.type, [condition, a, b], (holds, one, other) => (holds !== 0 ? one : other)),
  }),
];
