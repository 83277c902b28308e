import {
  abs,
  ceil,
  clamp,
  erf,
  expm1,
  floor,
  isNan,
  log1p,
  type Node,
  pow,
  round,
  type Shape,
  sigmoid,
  softplus,
  tanh,
} from '../../../src/engine/index.ts';
import {
  type Dyadic,
  dyadic,
  errorFunctionSeries,
  exponential,
  exponentialOf,
  logarithm,
  logarithmOf,
  nearestDouble,
  negated,
  PI,
  product,
  quotient,
  squareRoot,
  sum,
} from '../exact.ts';
import { FLOATS, type Operation } from '../operation.ts';
import { type Expected, single, ZERO } from '../operationReferences.ts';

/** What the functions are, without rounding, for operands of up to 32. */
const ONE = dyadic(1);

/** A result that is a single term. */
const term = (exact: Dyadic): Expected => ({ exact, magnitude: Math.abs(nearestDouble(exact)) });

const expm1Of = (x: number): Expected => term(sum(exponential(x), negated(ONE)));

const log1pOf = (x: number): Expected => term(logarithmOf(sum(ONE, dyadic(x))));

const sigmoidOf = (x: number): Expected => term(quotient(ONE, sum(ONE, exponential(-x))));

const softplusOf = (x: number): Expected => term(logarithmOf(sum(ONE, exponential(x))));

function tanhOf(x: number): Expected {
  if (x === 0) return term(ZERO);
  const power = exponential(2 * x);
  return term(quotient(sum(power, negated(ONE)), sum(power, ONE)));
}

/** From 9 on, nearer to 1 than any format tells. */
const FAR = 9;

function erfOf(x: number): Expected {
  const limited = Math.max(Math.min(x, FAR), -FAR);
  const square = product(dyadic(limited), dyadic(limited));
  const series = product(errorFunctionSeries(limited), exponentialOf(negated(square)));
  return term(quotient(product(dyadic(2 * limited), series), squareRoot(PI)));
}

/** a^b, a > 0 */
const powOf = (a: number, b: number): Expected => term(exponentialOf(product(dyadic(b), logarithm(a))));

const SHAPE: Shape = [200];

/** Beyond it results leave the range of the formats, or have no second number in f32x2. */
const LARGEST = 32;

const unary = (build: (x: Node) => Node, meaning: (x: number) => Expected): Operation => ({
  formats: FLOATS,
  operands: [SHAPE],
  build: ([x]) => build(x),
  reference: ([x]) => Array.from(x, meaning),
  limit: LARGEST,
  subnormals: false,
});

/** A number of every format. */
const LEAST_BASE = 0.5;
const LARGEST_BASE = 4;

function nearestEven(x: number): number {
  const below = Math.floor(x);
  const part = x - below;
  return part > 0.5 || (part === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** Special functions, powers and rounding. */
export const special = {
  tanh: unary(tanh, tanhOf),
  sigmoid: unary(sigmoid, sigmoidOf),
  erf: unary(erf, erfOf),
  softplus: unary((x) => softplus(x), softplusOf),
  expm1: unary(expm1, expm1Of),
  log1p: unary(
    (x) => log1p(abs(x)),
    (x) => log1pOf(Math.abs(x)),
  ),
  pow: {
    formats: FLOATS,
    operands: [SHAPE, SHAPE],
    build: ([a, b]) => pow(clamp(a, LEAST_BASE, LARGEST_BASE), b),
    reference: ([a, b]) => Array.from(a, (base, i) => powOf(Math.min(Math.max(base, LEAST_BASE), LARGEST_BASE), b[i])),
    // Powers up to 2^8.
    limit: LARGEST_BASE,
    subnormals: false,
  },
  floor: unary(floor, (x) => single(Math.floor(x))),
  ceil: unary(ceil, (x) => single(Math.ceil(x))),
  round: unary(round, (x) => single(nearestEven(x))),
  isNan: {
    formats: FLOATS,
    operands: [SHAPE],
    build: ([x]) => isNan(x),
    reference: ([x]) => Array.from(x, (each) => single(Number(Number.isNaN(each)))),
  },
} satisfies Record<string, Operation>;
