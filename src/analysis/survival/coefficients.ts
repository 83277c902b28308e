import { cholesky, choleskySolve } from './numerics/linearAlgebra.ts';
import { chiSquaredP, normalQuantile, twoSidedP } from './numerics/specialFunctions.ts';
import type { PredictorBlock } from './table/designMatrix.ts';

/** One line of a coefficient table, in the covariate's own units. */
export interface Coefficient {
  /** "age"; "Intercept"; for further parameters "log(scale)" and "log(scale): age". */
  readonly name: string;
  readonly parameter: string;
  /** "Intercept" or the covariate. */
  readonly covariate: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly z: number;
  /** Two-sided, of a coefficient of 0. */
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

export interface LikelihoodTest {
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  readonly p: number;
}

/** Wald test and confidence limits of one estimate. */
export function waldLine(coefficient: number, standardError: number, confidenceLevel: number) {
  const z = coefficient / standardError;
  const margin = normalQuantile(0.5 + confidenceLevel / 2) * standardError;
  return { coefficient, standardError, z, p: twoSidedP(z), lower: coefficient - margin, upper: coefficient + margin };
}

/** Wald table of the estimates. */
export function coefficientTable(
  blocks: readonly PredictorBlock[],
  estimates: Float64Array,
  covariance: Float64Array,
  confidenceLevel: number,
): Coefficient[] {
  return blocks.flatMap(({ parameter, link, covariates, offset }, j) => {
    const predicted = link === 'log' ? `log(${parameter})` : parameter;
    return ['Intercept', ...covariates].map((covariate, k) => ({
      name: j === 0 ? covariate : k === 0 ? predicted : `${predicted}: ${covariate}`,
      parameter,
      covariate,
      ...waldLine(estimates[offset + k], Math.sqrt(covariance[(offset + k) * (estimates.length + 1)]), confidenceLevel),
    }));
  });
}

/** Twice the gain in log likelihood against chi-squared. */
export function likelihoodRatioTest(full: number, restricted: number, degreesOfFreedom: number): LikelihoodTest {
  const statistic = Math.max(0, 2 * (full - restricted));
  return { statistic, degreesOfFreedom, p: chiSquaredP(statistic, degreesOfFreedom) };
}

/** Wald test that the coefficients at the indices `tested` are all 0. */
export function waldTest(tested: readonly number[], estimates: Float64Array, covariance: Float64Array): LikelihoodTest {
  const size = tested.length;
  if (size === 0) return { statistic: 0, degreesOfFreedom: 0, p: 1 };
  const values = tested.map((index) => estimates[index]);
  // Scaled to unit diagonal, as the units of covariates differ by many powers of ten.
  const deviation = tested.map((index) => Math.sqrt(covariance[index * (estimates.length + 1)]));
  const correlation = new Float64Array(size * size);
  tested.forEach((row, a) => {
    tested.forEach((column, b) => {
      correlation[a * size + b] = covariance[row * estimates.length + column] / (deviation[a] * deviation[b]);
    });
  });
  const factor = cholesky(correlation, size);
  // A robust covariance of clusters whose scores are alike has no inverse, and then no such test.
  if (factor === null) return { statistic: Number.NaN, degreesOfFreedom: size, p: Number.NaN };
  const scaled = values.map((value, a) => value / deviation[a]);
  const solved = choleskySolve(factor, size, scaled);
  const statistic = scaled.reduce((sum, value, a) => sum + value * solved[a], 0);
  return { statistic, degreesOfFreedom: size, p: chiSquaredP(statistic, size) };
}
