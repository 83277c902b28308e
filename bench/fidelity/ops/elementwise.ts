import {
  clamp,
  type DType,
  fill,
  greater,
  greaterEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  type Node,
  notEqual,
  offset,
  relu,
  type Shape,
  scale,
  sign,
  square,
  subtract,
  where,
} from '../../../src/engine/index.ts';
import { EVERY_FORMAT, FLOATS, NUMBERS, type Operation, SIGNED, whole } from '../operation.ts';
import { type Expected, single, sumOfProducts } from '../operationReferences.ts';

const SHAPE: Shape = [1000];

/** Whole, so that it is a number of every format. */
const NUMBER = 3;

/** A number of every format, so that no rounding of its counts. */
const RATE = 0.75;

const unary = (formats: readonly DType[], build: (x: Node) => Node, meaning: (x: number) => Expected): Operation => ({
  formats,
  operands: [SHAPE],
  build: ([x]) => build(x),
  reference: ([x]) => Array.from(x, meaning),
});

const binary = (
  formats: readonly DType[],
  build: (a: Node, b: Node) => Node,
  meaning: (a: number, b: number) => number,
): Operation => ({
  formats,
  operands: [SHAPE, SHAPE],
  build: ([a, b]) => build(a, b),
  reference: ([a, b]) => Array.from(a, (each, i) => single(meaning(each, b[i]))),
});

/** Elementwise ops, but those that the rows of a format's own operations and of conversions measure, too. */
export const elementwise = {
  maximum: binary(NUMBERS, maximum, Math.max),
  minimum: binary(NUMBERS, minimum, Math.min),
  notEqual: binary(NUMBERS, notEqual, (a, b) => Number(a !== b)),
  greater: binary(NUMBERS, greater, (a, b) => Number(a > b)),
  greaterEqual: binary(NUMBERS, greaterEqual, (a, b) => Number(a >= b)),
  logicalAnd: binary(['bool'], logicalAnd, (a, b) => Number(a === 1 && b === 1)),
  logicalOr: binary(['bool'], logicalOr, (a, b) => Number(a === 1 || b === 1)),
  logicalXor: binary(['bool'], logicalXor, (a, b) => Number(a !== b)),
  logicalNot: unary(['bool'], logicalNot, (x) => single(1 - x)),
  relu: unary(SIGNED, relu, (x) => single(Math.max(x, 0))),
  sign: unary(SIGNED, sign, (x) => single(Math.sign(x))),
  square: unary(NUMBERS, square, (x) => sumOfProducts([[x, x]])),
  scale: unary(
    NUMBERS,
    (x) => scale(x, NUMBER),
    (x) => sumOfProducts([[x, NUMBER]]),
  ),
  offset: unary(
    NUMBERS,
    (x) => offset(x, NUMBER),
    (x) =>
      sumOfProducts([
        [x, 1],
        [NUMBER, 1],
      ]),
  ),
  clamp: unary(
    NUMBERS,
    (x) => clamp(x, 1, NUMBER),
    (x) => single(Math.min(Math.max(x, 1), NUMBER)),
  ),
  where: {
    formats: EVERY_FORMAT,
    operands: [{ shape: SHAPE, dtype: 'bool', element: whole(0, 1) }, SHAPE, SHAPE],
    build: ([condition, a, b]) => where(condition, a, b),
    reference: ([condition, a, b]) => Array.from(condition, (holds, i) => single(holds === 1 ? a[i] : b[i])),
  },
  fill: {
    formats: EVERY_FORMAT,
    operands: [],
    build: (_, dtype) => fill(SHAPE, dtype === 'bool' ? 1 : NUMBER, dtype),
    reference: (_, dtype) => Array.from({ length: SHAPE[0] }, () => single(dtype === 'bool' ? 1 : NUMBER)),
  },
  sgdStep: {
    of: ['subtract', 'scale'],
    formats: FLOATS,
    operands: [SHAPE, SHAPE],
    build: ([parameter, gradient]) => subtract(parameter, scale(gradient, RATE)),
    reference: ([parameter, gradient]) =>
      Array.from(parameter, (each, i) =>
        sumOfProducts([
          [each, 1],
          [gradient[i], -RATE],
        ]),
      ),
  },
} satisfies Record<string, Operation>;
