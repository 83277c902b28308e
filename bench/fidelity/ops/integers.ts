import {
  abs,
  add,
  type DType,
  equal,
  less,
  lessEqual,
  multiply,
  type Node,
  negate,
  type Shape,
  subtract,
} from '../../../src/engine/index.ts';
import type { Operation } from '../operation.ts';
import { type Expected, single, sumOfProducts } from '../operationReferences.ts';

const SHAPE: Shape = [1000];
const WHOLE: readonly DType[] = ['i32', 'u32'];

const binary = (
  name: string,
  build: (a: Node, b: Node) => Node,
  meaning: (a: number, b: number) => Expected,
): Operation => ({
  of: [name],
  formats: WHOLE,
  operands: [SHAPE, SHAPE],
  build: ([a, b]) => build(a, b),
  reference: ([a, b]) => Array.from(a, (each, i) => meaning(each, b[i])),
});

const unary = (name: string, build: (x: Node) => Node, meaning: (x: number) => number): Operation => ({
  of: [name],
  formats: ['i32'],
  operands: [SHAPE],
  build: ([x]) => build(x),
  reference: ([x]) => Array.from(x, (each) => single(meaning(each))),
});

/** Operations of whole numbers, which wrap around, by the names that they have in floating-point formats. */
export const integers = {
  add: binary('add', add, (a, b) =>
    sumOfProducts([
      [a, 1],
      [b, 1],
    ]),
  ),
  subtract: binary('subtract', subtract, (a, b) =>
    sumOfProducts([
      [a, 1],
      [b, -1],
    ]),
  ),
  mul: binary('multiply', multiply, (a, b) => sumOfProducts([[a, b]])),
  negate: unary('negate', negate, (x) => -x),
  absolute: unary('abs', abs, Math.abs),
  equal: binary('equal', equal, (a, b) => single(Number(a === b))),
  less: binary('less', less, (a, b) => single(Number(a < b))),
  less_equal: binary('lessEqual', lessEqual, (a, b) => single(Number(a <= b))),
} satisfies Record<string, Operation>;
