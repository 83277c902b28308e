import type { Evaluation } from './likelihood.ts';
import { cholesky, choleskySolve } from './linearAlgebra.ts';

export interface Maximum extends Evaluation {
  readonly beta: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
  /** The last Newton step: where a search diverges, its direction. */
  readonly lastStep: Float64Array;
}

/**
 * Newton's method with backtracking (Armijo) for a smooth function that need not be concave away from its maximum: where minus
 * the Hessian is not positive definite, a multiple of the identity is added. It stops after the full step at which the Newton
 * decrement, which is the squared distance to the maximum in standard errors, falls under `tolerance`.
 */
export function maximise(
  evaluate: (beta: Float64Array) => Evaluation,
  start: Float64Array,
  { maxIterations = 200, tolerance = 1e-16 }: { readonly maxIterations?: number; readonly tolerance?: number } = {},
): Maximum {
  let beta = start;
  let current = evaluate(start);
  let lastStep: Float64Array = new Float64Array(start.length);
  let iterations = 0;
  while (iterations < maxIterations) {
    iterations++;
    lastStep = ascent(current);
    const decrement = lastStep.reduce((sum, step, j) => sum + step * current.gradient[j], 0);
    // Rounding of the value itself hides smaller gains.
    const noise = 64 * Number.EPSILON * (1 + Math.abs(current.value));
    const next = backtrack(evaluate, beta, current, lastStep, decrement, noise);
    if (next === null) break;
    beta = next.beta;
    current = next.evaluation;
    if (decrement < tolerance) return { ...current, beta, iterations, converged: true, lastStep };
  }
  return { ...current, beta, iterations, converged: false, lastStep };
}

/** (-Hessian + ridge)⁻¹ gradient, with the smallest tried ridge that makes the matrix positive definite. */
function ascent({ gradient, hessian }: Evaluation): Float64Array {
  const size = gradient.length;
  let largest = 0;
  for (let j = 0; j < size; j++) largest = Math.max(largest, Math.abs(hessian[j * size + j]));
  for (let ridge = 0; ; ridge = ridge === 0 ? 1e-6 * (largest || 1) : ridge * 10) {
    const matrix = hessian.map((value, k) => (k % (size + 1) === 0 ? ridge : 0) - value);
    const factor = cholesky(matrix, size);
    if (factor !== null) return choleskySolve(factor, size, gradient);
    if (!Number.isFinite(ridge)) return new Float64Array(size);
  }
}

function backtrack(
  evaluate: (beta: Float64Array) => Evaluation,
  beta: Float64Array,
  current: Evaluation,
  step: Float64Array,
  decrement: number,
  noise: number,
): { beta: Float64Array; evaluation: Evaluation } | null {
  for (let factor = 1; factor > 1e-12; factor *= 0.5) {
    const trial = beta.map((value, j) => value + factor * step[j]);
    const evaluation = evaluate(trial);
    const finite = Number.isFinite(evaluation.value) && evaluation.gradient.every(Number.isFinite);
    if (finite && evaluation.value >= current.value + 1e-4 * factor * decrement - noise) {
      return { beta: trial, evaluation };
    }
  }
  return null;
}
