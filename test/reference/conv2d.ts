import type { Shape } from '../../src/engine/graph/shape.ts';

export interface Conv2dReferenceOptions {
  readonly stride: number;
  readonly padding: number;
}

/** Calls back with the flat indices of every product of the convolution: y[output] += x[input] · weight[tap]. */
function products(
  [N, C, H, W]: Shape,
  [, kH, kW, O]: Shape,
  { stride, padding }: Conv2dReferenceOptions,
  visit: (output: number, input: number, tap: number) => void,
): void {
  const height = Math.floor((H + 2 * padding - kH) / stride) + 1;
  const width = Math.floor((W + 2 * padding - kW) / stride) + 1;
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
                const output = ((n * O + o) * height + row) * width + column;
                visit(output, ((n * C + c) * H + i) * W + j, ((c * kH + ky) * kW + kx) * O + o);
              }
}

/** Shape of the output: [N, O, H', W']. */
export function outputShape(
  [N, , H, W]: Shape,
  [, kH, kW, O]: Shape,
  { stride, padding }: Conv2dReferenceOptions,
): Shape {
  return [N, O, Math.floor((H + 2 * padding - kH) / stride) + 1, Math.floor((W + 2 * padding - kW) / stride) + 1];
}

const size = (shape: Shape) => shape.reduce((product, length) => product * length, 1);

/** The definition of conv2d in float64: x [N, C, H, W], weight [C, kH, kW, O] → [N, O, H', W']. */
export function conv2d(
  x: ArrayLike<number>,
  xShape: Shape,
  weight: ArrayLike<number>,
  weightShape: Shape,
  options: Conv2dReferenceOptions,
): Float64Array {
  const y = new Float64Array(size(outputShape(xShape, weightShape, options)));
  products(xShape, weightShape, options, (output, input, tap) => {
    y[output] += x[input] * weight[tap];
  });
  return y;
}

/** Its transpose by x: the gradient of Σ gradient·y. */
export function conv2dGradientInput(
  gradient: ArrayLike<number>,
  xShape: Shape,
  weight: ArrayLike<number>,
  weightShape: Shape,
  options: Conv2dReferenceOptions,
): Float64Array {
  const dx = new Float64Array(size(xShape));
  products(xShape, weightShape, options, (output, input, tap) => {
    dx[input] += gradient[output] * weight[tap];
  });
  return dx;
}

/** Its transpose by the weight. */
export function conv2dGradientWeight(
  x: ArrayLike<number>,
  xShape: Shape,
  gradient: ArrayLike<number>,
  weightShape: Shape,
  options: Conv2dReferenceOptions,
): Float64Array {
  const dw = new Float64Array(size(weightShape));
  products(xShape, weightShape, options, (output, input, tap) => {
    dw[tap] += x[input] * gradient[output];
  });
  return dw;
}
