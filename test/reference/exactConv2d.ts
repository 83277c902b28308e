import type { Shape } from '../../src/engine/graph.ts';
import { type Conv2dReferenceOptions, outputShape } from './conv2d.ts';
import { ExactSum } from './exactMatmul.ts';

const size = (shape: Shape) => shape.reduce((product, length) => product * length, 1);
const sums = (count: number) => Array.from({ length: count }, () => new ExactSum());
const results = (all: readonly ExactSum[]) => Float64Array.from(all, (sum) => sum.result());

/** Every product of the convolution, by the places of its three numbers. */
function* products(
  [N, C, H, W]: Shape,
  [, kH, kW, O]: Shape,
  [, , height, width]: Shape,
  options: Conv2dReferenceOptions,
) {
  const { stride, padding } = options;
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          for (let c = 0; c < C; c++)
            for (let ky = 0; ky < kH; ky++)
              for (let kx = 0; kx < kW; kx++) {
                const i = row * stride + ky - padding;
                const j = column * stride + kx - padding;
                if (i < 0 || j < 0 || i >= H || j >= W) continue;
                yield {
                  output: ((n * O + o) * height + row) * width + column,
                  input: ((n * C + c) * H + i) * W + j,
                  tap: ((c * kH + ky) * kW + kx) * O + o,
                };
              }
}

/** The convolution and its two gradients for a given gradient of the output, every element exact and rounded once. */
export function exactConv2d(
  x: ArrayLike<number>,
  xShape: Shape,
  weight: ArrayLike<number>,
  weightShape: Shape,
  gradient: ArrayLike<number>,
  options: Conv2dReferenceOptions,
): { y: Float64Array; byInput: Float64Array; byWeight: Float64Array } {
  const shape = outputShape(xShape, weightShape, options);
  const y = sums(size(shape));
  const byInput = sums(size(xShape));
  const byWeight = sums(size(weightShape));
  for (const { output, input, tap } of products(xShape, weightShape, shape, options)) {
    y[output].add(x[input], weight[tap]);
    byInput[input].add(gradient[output], weight[tap]);
    byWeight[tap].add(gradient[output], x[input]);
  }
  return { y: results(y), byInput: results(byInput), byWeight: results(byWeight) };
}
