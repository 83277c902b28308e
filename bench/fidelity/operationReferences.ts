/** What ops made of many operations are, without rounding, for operands of any format. */
import type { Shape } from '../../src/engine/index.ts';
import {
  type Dyadic,
  dyadic,
  exponential,
  logarithmOf,
  nearestDouble,
  negated,
  product,
  quotient,
  squareRoot,
  sum,
} from './exact.ts';
import { type Conv2dShapes, conv2dProducts } from './exactReferences.ts';

/** An element of a result. */
export interface Expected {
  readonly exact: Dyadic;
  /** The sum of the absolute values of the terms that it is made of; of a result that is a single term, |exact|. */
  readonly magnitude: number;
}

type Numbers = ArrayLike<number>;

const ZERO: Dyadic = { significand: 0n, exponent: 0 };

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

/** Consecutive rows of x, each made one number. */
export const ofRows = (x: Float64Array, length: number, meaning: (row: Float64Array) => Expected): Expected[] =>
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

/** (x - mean) / √(variance + epsilon) · gamma + beta with the statistics of x itself: x [N, C, H, W], gamma and beta [C]. */
export function batchNorm(x: Numbers, [, C, H, W]: Shape, gamma: Numbers, beta: Numbers, epsilon: number): Expected[] {
  const channelOf = (i: number) => Math.floor(i / (H * W)) % C;
  const channels = Array.from({ length: C }, (_, c) => {
    const values = Array.from(x).filter((_, i) => channelOf(i) === c);
    const mean = meanOf(values);
    const squares = values.map((value) => {
      const distance = sum(dyadic(value), negated(mean.exact));
      return product(distance, distance);
    });
    const variance = quotient(squares.reduce(sum, ZERO), dyadic(values.length));
    return { mean, deviation: squareRoot(sum(variance, dyadic(epsilon))) };
  });
  return Array.from(x, (value, i) => {
    const c = channelOf(i);
    const { mean, deviation } = channels[c];
    const scaled = product(sum(dyadic(value), negated(mean.exact)), dyadic(gamma[c]));
    const terms = ((Math.abs(value) + mean.magnitude) * Math.abs(gamma[c])) / nearestDouble(deviation);
    return {
      exact: sum(quotient(scaled, deviation), dyadic(beta[c])),
      magnitude: terms + Math.abs(beta[c]),
    };
  });
}

/** ln Σ exp(xⱼ) - x of the label, for logits between -40 and 40. */
export function crossEntropy(logits: Numbers, label: number): Expected {
  const logarithm = logarithmOf(Array.from(logits, exponential).reduce(sum, ZERO));
  return {
    exact: sum(logarithm, negated(dyadic(logits[label]))),
    magnitude: Math.abs(nearestDouble(logarithm)) + Math.abs(logits[label]),
  };
}

/** The largest of each window: x [planes, H, W], windows of kernel², outside of x nothing. */
export function maxPool2d(
  x: Numbers,
  [planes, H, W]: readonly [number, number, number],
  { kernel, stride, padding }: { readonly kernel: number; readonly stride: number; readonly padding: number },
): Expected[] {
  const places = (length: number) => Math.floor((length + 2 * padding - kernel) / stride) + 1;
  const size = places(H) * places(W);
  return Array.from({ length: planes * size }, (_, i) => {
    const top = Math.floor((i % size) / places(W)) * stride - padding;
    const left = (i % places(W)) * stride - padding;
    let largest = Number.NEGATIVE_INFINITY;
    for (let row = Math.max(top, 0); row < Math.min(top + kernel, H); row++)
      for (let column = Math.max(left, 0); column < Math.min(left + kernel, W); column++)
        largest = Math.max(largest, x[(Math.floor(i / size) * H + row) * W + column]);
    return single(largest);
  });
}
