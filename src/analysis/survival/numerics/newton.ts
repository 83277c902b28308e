import type { Evaluation } from '../parametric/likelihood.ts';
import { cholesky, choleskySolve } from './linearAlgebra.ts';

export interface Maximum extends Evaluation {
  readonly beta: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** So near the maximum (in squared standard errors) Newton's full step is right, and rounding may hide the gain in value. */
const QUADRATIC = 1e-6;
const CONVERGED = 1e-16;
/** A next decrement of this size moves coefficients by 1e-10 standard errors: not worth an evaluation. */
const NOTHING = 1e-20;
/** Where the Hessian changes by less than this share over the last step, the one before the step stands for that after it. */
const SAME_HESSIAN = 1e-10;
/** Where rounding keeps the decrement from falling further, this is near enough. */
const STALLED = 1e-10;

/**
 * Newton's method with backtracking (Armijo) for a smooth function that need not be concave away from its maximum: where minus
 * the Hessian is not positive definite, it is made so. It stops after the step at which the Newton decrement, the squared
 * distance to the maximum in standard errors, is nothing or ceases to fall.
 * @param near a decrement after which one more step is near enough, where the maximum itself does not matter
 */
export function maximise(
  evaluate: (beta: Float64Array) => Evaluation,
  start: Float64Array,
  { maxIterations = 200, near = 0 }: { readonly maxIterations?: number; readonly near?: number } = {},
): Maximum {
  let beta = start;
  let current = evaluate(start);
  let previous = Infinity;
  for (let iterations = 1; iterations <= maxIterations; iterations++) {
    const step = ascent(current);
    const decrement = step.reduce((sum, move, j) => sum + move * current.gradient[j], 0);
    // Convergence is quadratic: the next decrement is as many times the square of this one as this is of the one before.
    const expected = previous < 0.1 ? decrement * (decrement / previous) ** 2 : Infinity;
    // By the same law the Hessian changes by about twice the ratio of this error to the one before.
    if (decrement < near || (expected < NOTHING && decrement < SAME_HESSIAN * previous)) {
      const last = beta.map((value, j) => value + step[j]);
      return { ...current, value: current.value + decrement / 2, beta: last, iterations, converged: true };
    }
    const next = backtrack(evaluate, beta, current, step, decrement);
    if (next === null) return { ...current, beta, iterations, converged: false };
    beta = next.beta;
    current = next.evaluation;
    if (decrement < CONVERGED || expected < NOTHING || (decrement < STALLED && decrement >= previous)) {
      return { ...current, beta, iterations, converged: true };
    }
    previous = decrement;
  }
  return { ...current, beta, iterations: maxIterations, converged: false };
}

/**
 * (-Hessian + ridge · |diagonal|)⁻¹ gradient, with the smallest tried ridge that makes the matrix positive definite (Levenberg
 * and Marquardt's scaling, so that a flat direction is not slowed down by a steep one).
 */
function ascent({ gradient, hessian }: Evaluation): Float64Array {
  const size = gradient.length;
  let largest = 0;
  for (let j = 0; j < size; j++) largest = Math.max(largest, Math.abs(hessian[j * size + j]));
  for (let ridge = 0; ridge < 1e20; ridge = ridge === 0 ? 1e-6 : ridge * 10) {
    const matrix = hessian.map((value, k) => {
      const onDiagonal = k % (size + 1) === 0;
      return (onDiagonal ? ridge * Math.max(Math.abs(value), 1e-6 * largest) : 0) - value;
    });
    const factor = cholesky(matrix, size);
    if (factor !== null) return choleskySolve(factor, size, gradient);
  }
  return new Float64Array(size);
}

function backtrack(
  evaluate: (beta: Float64Array) => Evaluation,
  beta: Float64Array,
  current: Evaluation,
  step: Float64Array,
  decrement: number,
): { beta: Float64Array; evaluation: Evaluation } | null {
  for (let factor = 1; factor > 1e-20; factor *= 0.5) {
    const trial = beta.map((value, j) => value + factor * step[j]);
    const evaluation = evaluate(trial);
    const finite = Number.isFinite(evaluation.value) && evaluation.gradient.every(Number.isFinite);
    const enough = decrement < QUADRATIC || evaluation.value >= current.value + 1e-4 * factor * decrement;
    if (finite && enough) return { beta: trial, evaluation };
  }
  return null;
}
