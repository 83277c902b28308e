export interface MatmulReferenceOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** The definition of the matrix product in float64: a [M, K] (or [K, M]), b [K, N] (or [N, K]) → [M, N], row by row. */
export function matmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  [M, N, K]: readonly number[],
  { transposeA = false, transposeB = false }: MatmulReferenceOptions = {},
): Float64Array {
  const output = new Float64Array(M * N);
  for (let m = 0; m < M; m++)
    for (let n = 0; n < N; n++)
      for (let k = 0; k < K; k++)
        output[m * N + n] += a[transposeA ? k * M + m : m * K + k] * b[transposeB ? n * K + k : k * N + n];
  return output;
}

/** Products of matrices whose leading axes broadcast as NumPy's do, one by one. */
export function matmulOfBatches(
  [a, aShape]: readonly [ArrayLike<number>, readonly number[]],
  [b, bShape]: readonly [ArrayLike<number>, readonly number[]],
  options: MatmulReferenceOptions = {},
  product: (a: number[], b: number[], size: readonly [number, number, number]) => ArrayLike<number> = (x, y, size) =>
    matmul(x, y, size, options),
): number[] {
  const [aRows, aColumns] = aShape.slice(-2);
  const [bRows, bColumns] = bShape.slice(-2);
  const size = [
    options.transposeA ? aColumns : aRows,
    options.transposeB ? bRows : bColumns,
    options.transposeA ? aRows : aColumns,
  ] as const;
  const rank = Math.max(aShape.length, bShape.length) - 2;
  const aligned = [aShape, bShape].map((shape) => [...Array(rank + 2 - shape.length).fill(1), ...shape.slice(0, -2)]);
  const batch = Array.from({ length: rank }, (_, axis) => Math.max(aligned[0][axis], aligned[1][axis]));
  const count = batch.reduce((total, length) => total * length, 1);
  const matrixOf = (i: number, shape: readonly number[]) => {
    let rest = i;
    let stride = 1;
    let matrix = 0;
    for (let axis = rank - 1; axis >= 0; axis--) {
      if (shape[axis] > 1) matrix += (rest % batch[axis]) * stride;
      rest = Math.floor(rest / batch[axis]);
      stride *= shape[axis];
    }
    return matrix;
  };
  return Array.from({ length: count }, (_, i) => {
    const [first, second] = aligned.map((shape) => matrixOf(i, shape));
    const [left, right] = [aRows * aColumns, bRows * bColumns];
    const cut = (x: ArrayLike<number>, at: number, length: number) =>
      Array.from({ length }, (_each, k) => x[at * length + k]);
    return Array.from(product(cut(a, first, left), cut(b, second, right), size));
  }).flat();
}
