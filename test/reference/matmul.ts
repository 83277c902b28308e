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
