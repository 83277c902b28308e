import type { Shape } from '../../src/engine/graph/shape.ts';

type Pair = readonly [number, number];

export interface ConvTranspose2dReferenceOptions {
  readonly stride: Pair;
  readonly dilation: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [Pair, Pair];
  readonly outputPadding: Pair;
  readonly groups: number;
}

/** [N, O, H', W'] */
export function transposedShape(
  [N, , H, W]: Shape,
  [perGroup, kH, kW]: Shape,
  { stride, dilation, padding, outputPadding, groups }: ConvTranspose2dReferenceOptions,
): Shape {
  const along = (length: number, kernel: number, i: 0 | 1) =>
    (length - 1) * stride[i] - padding[i][0] - padding[i][1] + dilation[i] * (kernel - 1) + outputPadding[i] + 1;
  return [N, groups * perGroup, along(H, kH, 0), along(W, kW, 1)];
}

/** Every pixel of x [N, C, H, W] puts its multiple of the kernel into the output: weight [O / groups, kH, kW, C]. */
export function convTranspose2d(
  x: ArrayLike<number>,
  xShape: Shape,
  weight: ArrayLike<number>,
  weightShape: Shape,
  options: ConvTranspose2dReferenceOptions,
): Float64Array {
  const { stride, dilation, padding, groups } = options;
  const [N, C, H, W] = xShape;
  const [perGroup, kH, kW] = weightShape;
  const [, O, height, width] = transposedShape(xShape, weightShape, options);
  const y = new Float64Array(N * O * height * width);
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++)
      for (let i = 0; i < H; i++)
        for (let j = 0; j < W; j++)
          for (let o = 0; o < perGroup; o++)
            for (let ky = 0; ky < kH; ky++)
              for (let kx = 0; kx < kW; kx++) {
                const row = i * stride[0] + ky * dilation[0] - padding[0][0];
                const column = j * stride[1] + kx * dilation[1] - padding[1][0];
                if (row < 0 || column < 0 || row >= height || column >= width) continue;
                const plane = n * O + Math.floor(c / (C / groups)) * perGroup + o;
                const pixel = x[((n * C + c) * H + i) * W + j];
                y[(plane * height + row) * width + column] += pixel * weight[((o * kH + ky) * kW + kx) * C + c];
              }
  return y;
}
