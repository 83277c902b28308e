/** What exact products and sums of f64 are: sums in BigInt, rounded once. */
import type { Shape } from '../../src/engine/index.ts';
import { dyadic, nearestDouble } from './exact.ts';

/** All products of two float64 are whole multiples of 2^-2148. */
const LOWEST = -2148;

/** A sum of products: exact in BigInt, rounded once by `result`; infinities and NaN as IEEE 754 has them. */
export class ExactSum {
  private total = 0n;
  private special = 0;

  add(a: number, b: number): void {
    if (!Number.isFinite(a) || !Number.isFinite(b)) {
      // Products of finite numbers do not change a sum that has infinities, even where they would overflow.
      this.special += (Number.isFinite(a) ? Math.sign(a) : a) * (Number.isFinite(b) ? Math.sign(b) : b);
      return;
    }
    if (a === 0 || b === 0) return;
    const x = dyadic(a);
    const y = dyadic(b);
    this.total += (x.significand * y.significand) << BigInt(x.exponent + y.exponent - LOWEST);
  }

  result(): number {
    return this.special === 0 ? nearestDouble({ significand: this.total, exponent: LOWEST }) : this.special;
  }
}

/** a [M, K] · b [K, N], each element the exact sum rounded once. */
export function exactMatmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [rows, depth, columns]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, i) => {
    const sum = new ExactSum();
    for (let k = 0; k < depth; k++) sum.add(a[Math.floor(i / columns) * depth + k], b[k * columns + (i % columns)]);
    return sum.result();
  });
}

/** Sums of x [outer, reduced, kept, inner] over reduced and inner, each exact and rounded once: [outer, kept]. */
export function exactSum(
  x: ArrayLike<number>,
  [outer, reduced, kept, inner]: readonly [number, number, number, number],
): Float64Array {
  return Float64Array.from({ length: outer * kept }, (_, target) => {
    const sum = new ExactSum();
    for (let r = 0; r < reduced; r++)
      for (let i = 0; i < inner; i++)
        sum.add(1, x[((Math.floor(target / kept) * reduced + r) * kept + (target % kept)) * inner + i]);
    return sum.result();
  });
}

/** One number for both axes, or [rows, columns]. */
type PerAxis = number | readonly [number, number];

/** The shapes of a convolution: x [N, C, H, W], weight [C / groups, kH, kW, O], y [N, O, H', W']. */
export interface Conv2dShapes {
  readonly x: Shape;
  readonly weight: Shape;
  readonly y: Shape;
  readonly stride: PerAxis;
  /** In front of rows and columns; what is behind follows from the shape of y. */
  readonly padding: PerAxis;
  readonly dilation?: PerAxis;
  readonly groups?: number;
}

const both = (value: PerAxis) => (typeof value === 'number' ? [value, value] : value);

/** Every product of a convolution, by the places of its three numbers. */
export function* conv2dProducts({
  x: [N, C, H, W],
  weight: [perGroup, kH, kW, O],
  y: [, , height, width],
  stride,
  padding,
  dilation = 1,
  groups = 1,
}: Conv2dShapes) {
  const [strideY, strideX] = both(stride);
  const [top, left] = both(padding);
  const [apartY, apartX] = both(dilation);
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let row = 0; row < height; row++)
        for (let column = 0; column < width; column++)
          for (let c = 0; c < perGroup; c++)
            for (let ky = 0; ky < kH; ky++)
              for (let kx = 0; kx < kW; kx++) {
                const i = row * strideY + ky * apartY - top;
                const j = column * strideX + kx * apartX - left;
                if (i < 0 || j < 0 || i >= H || j >= W) continue;
                const plane = n * C + Math.floor(o / (O / groups)) * perGroup + c;
                yield {
                  y: ((n * O + o) * height + row) * width + column,
                  x: (plane * H + i) * W + j,
                  weight: ((c * kH + ky) * kW + kx) * O + o,
                };
              }
}

type Place = 'x' | 'weight' | 'y';

/**
 * The exact sums of products that a convolution (`into` y) or one of its gradients (`into` x or weight; `first` or `second` is then the
 * gradient of the output) is made of: each element of `into` sums the products of the two others that belong to it.
 */
export function exactConv2d(
  shapes: Conv2dShapes,
  into: Place,
  first: { readonly place: Place; readonly data: ArrayLike<number> },
  second: { readonly place: Place; readonly data: ArrayLike<number> },
): Float64Array {
  const sums = Array.from({ length: shapes[into].reduce((size, length) => size * length, 1) }, () => new ExactSum());
  for (const places of conv2dProducts(shapes))
    sums[places[into]].add(first.data[places[first.place]], second.data[places[second.place]]);
  return Float64Array.from(sums, (sum) => sum.result());
}
