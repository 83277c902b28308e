import type { Shape } from '../../src/engine/graph/shape.ts';

export interface PoolReferenceOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

/** Indices of the elements that each window of [N, C, H, W] covers, row by row, padding left out. */
function windows([N, C, H, W]: Shape, { kernel, stride, padding }: PoolReferenceOptions): number[][] {
  const found: number[][] = [];
  for (let plane = 0; plane < N * C; plane++)
    for (let top = -padding; top + kernel <= H + padding; top += stride)
      for (let left = -padding; left + kernel <= W + padding; left += stride) {
        const window: number[] = [];
        for (let y = Math.max(top, 0); y < Math.min(top + kernel, H); y++)
          for (let x = Math.max(left, 0); x < Math.min(left + kernel, W); x++) window.push((plane * H + y) * W + x);
        found.push(window);
      }
  return found;
}

/** Index of the first maximum of each window. */
export const maxima = (x: ArrayLike<number>, shape: Shape, options: PoolReferenceOptions): number[] =>
  windows(shape, options).map((window) => window.reduce((best, i) => (x[i] > x[best] ? i : best)));

export const maxPool2d = (x: ArrayLike<number>, shape: Shape, options: PoolReferenceOptions): Float64Array =>
  Float64Array.from(maxima(x, shape, options), (i) => x[i]);

/** The gradient of each window goes to the first of its maxima. */
export function maxPool2dGradient(
  x: ArrayLike<number>,
  shape: Shape,
  gradient: ArrayLike<number>,
  options: PoolReferenceOptions,
): Float64Array {
  const dx = new Float64Array(x.length);
  maxima(x, shape, options).forEach((i, window) => {
    dx[i] += gradient[window];
  });
  return dx;
}

/** Mean of each plane. */
export function globalAveragePool(x: ArrayLike<number>, [N, C, H, W]: Shape): Float64Array {
  const means = new Float64Array(N * C);
  for (let i = 0; i < x.length; i++) means[Math.floor(i / (H * W))] += x[i] / (H * W);
  return means;
}
