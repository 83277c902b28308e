/**
 * Small dense matrices, row-major in a Float64Array. Symmetric ones are stored in full.
 */

/** Lower Cholesky factor of a symmetric matrix, or null where it is not positive definite. */
export function cholesky(matrix: Float64Array, size: number): Float64Array | null {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column];
      for (let k = 0; k < column; k++) sum -= factor[row * size + k] * factor[column * size + k];
      if (row === column) {
        if (!(sum > 0)) return null;
        factor[row * size + row] = Math.sqrt(sum);
      } else {
        factor[row * size + column] = sum / factor[column * size + column];
      }
    }
  }
  return factor;
}

/** Solves A x = b from the lower Cholesky factor of A. */
export function choleskySolve(factor: Float64Array, size: number, right: ArrayLike<number>): Float64Array {
  const x = Float64Array.from(right);
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) x[row] -= factor[row * size + k] * x[k];
    x[row] /= factor[row * size + row];
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) x[row] -= factor[k * size + row] * x[k];
    x[row] /= factor[row * size + row];
  }
  return x;
}

/** Inverse of A from its lower Cholesky factor. */
export function choleskyInverse(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    const unit = new Float64Array(size);
    unit[column] = 1;
    const x = choleskySolve(factor, size, unit);
    for (let row = 0; row < size; row++) inverse[row * size + column] = x[row];
  }
  return inverse;
}

/** A x. */
export function multiplyVector(matrix: Float64Array, size: number, vector: ArrayLike<number>): Float64Array {
  const result = new Float64Array(size);
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column < size; column++) sum += matrix[row * size + column] * vector[column];
    result[row] = sum;
  }
  return result;
}

/** A B, both square. */
export function multiply(a: Float64Array, b: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < size; k++) {
      const value = a[row * size + k];
      if (value === 0) continue;
      for (let column = 0; column < size; column++) result[row * size + column] += value * b[k * size + column];
    }
  }
  return result;
}

/** A M Aᵀ, all square. */
export function congruence(a: Float64Array, middle: Float64Array, size: number): Float64Array {
  return multiply(multiply(a, middle, size), transpose(a, size), size);
}

export function transpose(matrix: Float64Array, size: number): Float64Array {
  const result = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) result[column * size + row] = matrix[row * size + column];
  }
  return result;
}

/** Inverse of an upper triangular matrix. */
export function invertUpperTriangular(matrix: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    for (let row = column; row >= 0; row--) {
      let sum = row === column ? 1 : 0;
      for (let k = row + 1; k <= column; k++) sum -= matrix[row * size + k] * inverse[k * size + column];
      inverse[row * size + column] = sum / matrix[row * size + row];
    }
  }
  return inverse;
}

/** vᵀ A v. */
export function quadraticForm(matrix: Float64Array, size: number, vector: ArrayLike<number>): number {
  const product = multiplyVector(matrix, size, vector);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += product[i] * vector[i];
  return sum;
}

/** The inverse of minus a Hessian: the covariance of estimates at a maximum, from the observed information. */
export const inverseInformation = (hessian: Float64Array, size: number): Float64Array =>
  choleskyInverse(
    cholesky(
      hessian.map((value) => -value),
      size,
    )!,
    size,
  );
