/** What batch normalisation and its gradients are, without rounding: x [N, C, H, W], parameters [C], epsilon added to variances. */
import type { Shape } from '../../src/engine/index.ts';
import { type Dyadic, dyadic, nearestDouble, negated, product, quotient, squareRoot, sum } from './exact.ts';
import { type Expected, meanOf, type Numbers, ZERO } from './operationReferences.ts';

const ONE = dyadic(1);

const channelOf = (i: number, [, C, H, W]: Shape): number => Math.floor(i / (H * W)) % C;

/** The numbers of a tensor that belong to a channel. */
const ofChannel = (x: Numbers, shape: Shape, c: number): number[] =>
  Array.from(x).filter((_, i) => channelOf(i, shape) === c);

const less = (a: number, b: Dyadic): Dyadic => sum(dyadic(a), negated(b));

/** Mean, variance and √(variance + epsilon) of a channel. */
function momentsOf(values: readonly number[], epsilon: number) {
  const mean = meanOf(values);
  const squares = values
    .map((value) => less(value, mean.exact))
    .map((distance) => product(distance, distance))
    .reduce(sum, ZERO);
  const variance = quotient(squares, dyadic(values.length));
  const shifted = sum(variance, dyadic(epsilon));
  return { mean, squares, variance, shifted, deviation: squareRoot(shifted) };
}

const channelsOf = (x: Numbers, shape: Shape, epsilon: number) =>
  Array.from({ length: shape[1] }, (_, c) => momentsOf(ofChannel(x, shape, c), epsilon));

/** [4, C]: mean, biased variance, 1 / √(variance + epsilon), unbiased variance. */
export function batchNormStatistics(x: Numbers, shape: Shape, epsilon: number): Expected[] {
  const channels = Array.from({ length: shape[1] }, (_, c) => {
    const values = ofChannel(x, shape, c);
    const { mean, squares, variance, shifted, deviation } = momentsOf(values, epsilon);
    const count = values.length;
    const terms = values.reduce((total, value) => total + (Math.abs(value) + mean.magnitude) ** 2, 0);
    const inverse = quotient(ONE, deviation);
    return [
      mean,
      { exact: variance, magnitude: terms / count },
      // An error of the variance comes to half of its share of variance + epsilon.
      { exact: inverse, magnitude: nearestDouble(inverse) * (1 + terms / count / 2 / nearestDouble(shifted)) },
      { exact: quotient(squares, dyadic(count - 1)), magnitude: terms / (count - 1) },
    ];
  });
  return [0, 1, 2, 3].flatMap((row) => channels.map((channel) => channel[row]));
}

/** (x - mean) / √(variance + epsilon) · gamma + beta with the statistics of x itself. */
export function batchNorm(x: Numbers, shape: Shape, gamma: Numbers, beta: Numbers, epsilon: number): Expected[] {
  const channels = channelsOf(x, shape, epsilon);
  return Array.from(x, (value, i) => {
    const c = channelOf(i, shape);
    const { mean, deviation } = channels[c];
    const scaled = product(less(value, mean.exact), dyadic(gamma[c]));
    const terms = ((Math.abs(value) + mean.magnitude) * Math.abs(gamma[c])) / nearestDouble(deviation);
    return {
      exact: sum(quotient(scaled, deviation), dyadic(beta[c])),
      magnitude: terms + Math.abs(beta[c]),
    };
  });
}

/** Sums over a channel: of g, of g · (x - mean), and of the absolute values of their terms. */
function gradientSums(x: readonly number[], gradient: readonly number[], mean: Expected) {
  let [plain, weighted]: Dyadic[] = [ZERO, ZERO];
  let [size, weightedSize] = [0, 0];
  x.forEach((value, k) => {
    const g = gradient[k];
    plain = sum(plain, dyadic(g));
    weighted = sum(weighted, product(dyadic(g), less(value, mean.exact)));
    size += Math.abs(g);
    weightedSize += Math.abs(g) * (Math.abs(value) + mean.magnitude);
  });
  return { plain, weighted, size, weightedSize };
}

/** [C]: Σ g · (x - mean) / √(variance + epsilon), the gradient by gamma. */
export const batchNormGammaGradient = (x: Numbers, shape: Shape, gradient: Numbers, epsilon: number): Expected[] =>
  channelsOf(x, shape, epsilon).map(({ mean, deviation }, c) => {
    const { weighted, weightedSize } = gradientSums(ofChannel(x, shape, c), ofChannel(gradient, shape, c), mean);
    return { exact: quotient(weighted, deviation), magnitude: weightedSize / nearestDouble(deviation) };
  });

/** gamma / s · (g - Σg / M - (x - mean) · Σ(g · (x - mean)) / (M s²)) with s = √(variance + epsilon), M numbers in a channel. */
export function batchNormInputGradient(
  x: Numbers,
  shape: Shape,
  gamma: Numbers,
  gradient: Numbers,
  epsilon: number,
): Expected[] {
  const count = shape[0] * shape[2] * shape[3];
  const M = dyadic(count);
  const channels = channelsOf(x, shape, epsilon).map((moments, c) => ({
    ...moments,
    sums: gradientSums(ofChannel(x, shape, c), ofChannel(gradient, shape, c), moments.mean),
  }));
  return Array.from(x, (value, i) => {
    const c = channelOf(i, shape);
    const { mean, shifted, deviation, sums } = channels[c];
    const slope = quotient(product(less(value, mean.exact), sums.weighted), product(M, shifted));
    const rest = sum(less(gradient[i], quotient(sums.plain, M)), negated(slope));
    const slopeSize = ((Math.abs(value) + mean.magnitude) * sums.weightedSize) / count / nearestDouble(shifted);
    const terms = Math.abs(gradient[i]) + sums.size / count + slopeSize;
    return {
      exact: quotient(product(dyadic(gamma[c]), rest), deviation),
      magnitude: (Math.abs(gamma[c]) * terms) / nearestDouble(deviation),
    };
  });
}
