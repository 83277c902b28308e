/** What ops made of many operations are, without rounding, for operands of any format. */
import { type Dyadic, dyadic, nearestDouble, product, quotient, sum } from './exact.ts';
import { type Conv2dShapes, conv2dProducts } from './exactReferences.ts';

/** An element of a result. */
export interface Expected {
  readonly exact: Dyadic;
  /** The sum of the absolute values of the terms that it is made of; of a result that is a single term, |exact|. */
  readonly magnitude: number;
}

export type Numbers = ArrayLike<number>;

export const ZERO: Dyadic = { significand: 0n, exponent: 0 };

/** A number as it is. */
export const single = (x: number): Expected => ({ exact: dyadic(x), magnitude: Math.abs(x) });

/** A sum of products of two numbers each. */
export function sumOfProducts(factors: Iterable<readonly [number, number]>): Expected {
  let exact = ZERO;
  let magnitude = 0;
  for (const [a, b] of factors) {
    if (a === 0 || b === 0) continue;
    exact = sum(exact, product(dyadic(a), dyadic(b)));
    magnitude += Math.abs(a * b);
  }
  return { exact, magnitude };
}

const sumOf = (x: Numbers): Expected => sumOfProducts(Array.from(x, (each) => [each, 1] as const));

export function meanOf(x: Numbers): Expected {
  const { exact, magnitude } = sumOf(x);
  return { exact: quotient(exact, dyadic(x.length)), magnitude: magnitude / x.length };
}

/** The threshold above which the absolute values of x exceed it by a radius altogether, by sorting; 0 where they add up to less. */
export function shrinkage(x: Numbers, radius: number): Expected {
  const sorted = Array.from(x, Math.abs).sort((a, b) => b - a);
  let total = ZERO;
  let threshold = ZERO;
  let magnitude = Math.abs(radius);
  for (const [i, value] of sorted.entries()) {
    total = sum(total, dyadic(value));
    const candidate = quotient(sum(total, dyadic(-Math.abs(radius))), dyadic(i + 1));
    if (nearestDouble(candidate) < 0 || nearestDouble(candidate) >= value) continue;
    threshold = candidate;
    magnitude = (Math.abs(radius) + nearestDouble(total)) / (i + 1);
  }
  return { exact: threshold, magnitude };
}

export function productOf(x: Numbers): Expected {
  const exact = Array.from(x, dyadic).reduce(product);
  return { exact, magnitude: Math.abs(nearestDouble(exact)) };
}

/** Consecutive rows of x, each made one thing. */
export const ofRows = <T>(x: Float64Array, length: number, meaning: (row: Float64Array) => T): T[] =>
  Array.from({ length: x.length / length }, (_, row) => meaning(x.subarray(row * length, (row + 1) * length)));

export const sums = (x: Float64Array, length: number): Expected[] => ofRows(x, length, sumOf);

/** a [M, K] · b [K, N]. */
export const matmul = (a: Numbers, b: Numbers, [rows, depth, columns]: readonly [number, number, number]): Expected[] =>
  Array.from({ length: rows * columns }, (_, i) =>
    sumOfProducts(
      Array.from(
        { length: depth },
        (_, k) => [a[Math.floor(i / columns) * depth + k], b[k * columns + (i % columns)]] as const,
      ),
    ),
  );

type Place = 'x' | 'weight' | 'y';

/** A convolution (into y) or one of its gradients, as `exactConv2d`. */
export function conv2d(
  shapes: Conv2dShapes,
  into: Place,
  first: { readonly place: Place; readonly data: Numbers },
  second: { readonly place: Place; readonly data: Numbers },
): Expected[] {
  const size = shapes[into].reduce((product, length) => product * length, 1);
  const factors = Array.from({ length: size }, (): [number, number][] => []);
  for (const places of conv2dProducts(shapes))
    factors[places[into]].push([first.data[places[first.place]], second.data[places[second.place]]]);
  return factors.map(sumOfProducts);
}
