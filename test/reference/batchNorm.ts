import type { Shape } from '../../src/engine/graph/shape.ts';

/** Calls back with the flat index and the channel of every element of [N, C, H, W]. */
function each([N, C, H, W]: Shape, visit: (index: number, channel: number) => void): void {
  for (let i = 0; i < N * C * H * W; i++) visit(i, Math.floor(i / (H * W)) % C);
}

/** Rows mean, biased variance, 1 / √(variance + epsilon), unbiased variance of each channel, [4, C], by two passes in float64. */
export function batchNormStatistics(x: ArrayLike<number>, shape: Shape, epsilon: number): Float64Array {
  const [N, C, H, W] = shape;
  const output = new Float64Array(4 * C);
  each(shape, (i, c) => {
    output[c] += x[i] / (N * H * W);
  });
  each(shape, (i, c) => {
    output[C + c] += (x[i] - output[c]) ** 2 / (N * H * W);
  });
  const M = N * H * W;
  for (let c = 0; c < C; c++) {
    output[2 * C + c] = 1 / Math.sqrt(output[C + c] + epsilon);
    output[3 * C + c] = M > 1 ? (output[C + c] * M) / (M - 1) : 0;
  }
  return output;
}

/** (x - mean) · inverse · gamma + beta by the rows of `statistics`. */
export function normalise(
  x: ArrayLike<number>,
  shape: Shape,
  statistics: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
): Float64Array {
  const C = shape[1];
  const output = new Float64Array(x.length);
  each(shape, (i, c) => {
    output[i] = (x[i] - statistics[c]) * statistics[2 * C + c] * gamma[c] + beta[c];
  });
  return output;
}

/** Σ gradient and Σ gradient · (x - mean) · inverse of each channel, [2, C]. */
export function gradientSums(
  x: ArrayLike<number>,
  shape: Shape,
  statistics: ArrayLike<number>,
  gradient: ArrayLike<number>,
): Float64Array {
  const C = shape[1];
  const output = new Float64Array(2 * C);
  each(shape, (i, c) => {
    output[c] += gradient[i];
    output[C + c] += gradient[i] * (x[i] - statistics[c]) * statistics[2 * C + c];
  });
  return output;
}

/** Gradient of Σ gradient · batchNorm(x) by x, through the statistics as well. */
export function batchNormGradient(
  x: ArrayLike<number>,
  shape: Shape,
  epsilon: number,
  gamma: ArrayLike<number>,
  gradient: ArrayLike<number>,
): Float64Array {
  const [N, C, H, W] = shape;
  const statistics = batchNormStatistics(x, shape, epsilon);
  const sums = gradientSums(x, shape, statistics, gradient);
  const output = new Float64Array(x.length);
  each(shape, (i, c) => {
    const normal = (x[i] - statistics[c]) * statistics[2 * C + c];
    output[i] = gamma[c] * statistics[2 * C + c] * (gradient[i] - (sums[c] + normal * sums[C + c]) / (N * H * W));
  });
  return output;
}

/** max(0, values + residual). */
export const rectifiedSum = (values: Float64Array, residual?: ArrayLike<number>): Float64Array =>
  values.map((value, i) => Math.max(0, value + (residual?.[i] ?? 0)));

/** The gradient where what ReLU was applied to is positive, else 0. */
export const throughRelu = (gradient: ArrayLike<number>, values: Float64Array): Float64Array =>
  values.map((value, i) => (value > 0 ? gradient[i] : 0));
