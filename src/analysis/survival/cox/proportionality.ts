import { InputError } from '../../../base/errors.ts';
import { lastAtOrBefore } from '../clock.ts';
import { kaplanMeier, survivalProbability } from '../curves/kaplanMeier.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { cholesky, choleskySolve, multiplyVector, quadraticForm } from '../numerics/linearAlgebra.ts';
import { chiSquaredP } from '../numerics/specialFunctions.ts';
import { designMatrix } from '../table/designMatrix.ts';
import type { SurvivalTable } from '../table/table.ts';
import type { CoxFit } from './cox.ts';
import { schoenfeldResiduals } from './diagnostics.ts';
import { partialLikelihood } from './partialLikelihood.ts';

/** The function of time against which a coefficient's drift is sought; `km` is 1 - S(t). */
export type TimeTransform = 'identity' | 'log' | 'rank' | 'km';

export interface ProportionalityTest {
  /** A covariate, or "global" for all of them together. */
  readonly name: string;
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Small: the covariate's effect drifts with time, so hazards are not proportional (of `accelerationTest`: nor times). */
  readonly p: number;
}

const line = (name: string, statistic: number, degreesOfFreedom: number): ProportionalityTest => ({
  name,
  statistic,
  degreesOfFreedom,
  p: chiSquaredP(statistic, degreesOfFreedom),
});

/**
 * Tests of proportional hazards: the score test that beta x becomes (beta + theta g(t)) x (Grambsch and Therneau 1994), as
 * `cox.zph` of R's `survival` from 3.0 on, with `terms = FALSE`.
 * @param table the table that was fitted
 */
export function proportionalityTest(
  fit: CoxFit,
  table: SurvivalTable,
  transform: TimeTransform = 'km',
): ProportionalityTest[] {
  const size = fit.covariates.length;
  const design = designMatrix(table, fit.covariates);
  const g = scoreTime(table, transform);
  // Internal coefficients: own = toOwn · internal, so internal = fromInternal · own, each without the intercept.
  const inner = (k: number, j: number) => design.fromInternal[(k + 1) * (size + 1) + j + 1];
  const beta = new Float64Array(size).map((_, k) =>
    fit.estimates.reduce((sum, estimate, j) => sum + inner(k, j) * estimate, 0),
  );
  // Information by (beta, beta), (theta, beta), (theta, theta): sums of V, g V and g² V over the failures.
  const sums = [0, 1, 2].map(() => new Float64Array(size * size));
  const drift = new Float64Array(size);
  partialLikelihood(tiedTimes(table), design, fit.strata, fit.ties).visitFailures(beta, ({ at, information }) => {
    const when = g(at.time);
    for (let k = 0; k < size * size; k++) {
      sums[0][k] += information[k];
      sums[1][k] += when * information[k];
      sums[2][k] += when * when * information[k];
    }
    for (const row of at.failures) {
      fit.covariates.forEach((name, j) => {
        drift[j] += when * table.weights[row] * (table.covariates[name][row] - at.mean[j]);
      });
    }
  });
  const [plain, crossed, squared] = sums.map((lower) => ownInformation(lower, inner, size));
  const test = (name: string, chosen: readonly number[]) => {
    const total = size + chosen.length;
    const matrix = new Float64Array(total * total);
    const score = new Float64Array(total);
    const source = (a: number) => (a < size ? a : chosen[a - size]);
    for (let a = 0; a < total; a++) {
      if (a >= size) score[a] = drift[source(a)];
      for (let b = 0; b < total; b++) {
        const block = a < size && b < size ? plain : a >= size && b >= size ? squared : crossed;
        matrix[a * total + b] = block[source(a) * size + source(b)];
      }
    }
    return line(name, scaledForm(matrix, score, total), chosen.length);
  };
  const all = fit.covariates.map((_, j) => j);
  return [...fit.covariates.map((name, j) => test(name, [j])), test('global', all)];
}

/** From the lower triangle over internal columns to a whole matrix in the covariates' own units. */
function ownInformation(lower: Float64Array, inner: (k: number, j: number) => number, size: number): Float64Array {
  const at = (a: number, b: number) => lower[a >= b ? a * size + b : b * size + a];
  return lower.map((_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    let sum = 0;
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) sum += inner(a, row) * at(a, b) * inner(b, column);
    return sum;
  });
}

/** scoreᵀ matrix⁻¹ score, scaled to unit diagonal first, as units differ; NaN where there is no inverse. */
function scaledForm(matrix: Float64Array, score: Float64Array, size: number): number {
  const root = Float64Array.from(score, (_, a) => Math.sqrt(matrix[a * (size + 1)]));
  const factor = cholesky(
    matrix.map((value, k) => value / (root[Math.floor(k / size)] * root[k % size])),
    size,
  );
  if (factor === null) return Number.NaN;
  const scaled = score.map((value, a) => value / root[a]);
  const solved = choleskySolve(factor, size, scaled);
  return scaled.reduce((sum, value, a) => sum + value * solved[a], 0);
}

/** @throws InputError at time 0 */
function logOf(time: number): number {
  if (time === 0) throw new InputError('a failure at time 0 has no log time; choose another transform');
  return Math.log(time);
}

/** g(t) of R's `cox.zph` from 3.0 on: ranks among all times, and 1 - S just before t. */
function scoreTime(table: SurvivalTable, transform: TimeTransform): (time: number) => number {
  switch (transform) {
    case 'identity':
      return (time) => time;
    case 'log':
      return logOf;
    case 'km': {
      const estimate = kaplanMeier(table);
      return (time) => {
        const at = lastAtOrBefore(estimate.times, time);
        const before = at >= 0 && estimate.times[at] === time ? at - 1 : at;
        return before < 0 ? 0 : 1 - estimate.survival[before];
      };
    }
    case 'rank': {
      const { times, events, censored } = kaplanMeier(table);
      let passed = 0;
      const ranks = times.map((_, k) => {
        const here = events[k] + censored[k];
        passed += here;
        return passed - (here - 1) / 2;
      });
      return (time) => ranks[lastAtOrBefore(times, time)];
    }
  }
}

/**
 * The older form of the test, from scaled Schoenfeld residuals with one mean information for all times; lifelines'
 * `proportional_hazard_test`, and `cox.zph` of R before `survival` 3.0.
 */
export function schoenfeldTest(
  fit: CoxFit,
  table: SurvivalTable,
  transform: TimeTransform = 'km',
): ProportionalityTest[] {
  const residuals = schoenfeldResiduals(fit, table);
  const size = fit.covariates.length;
  const times = transformedTimes(
    residuals.map(({ time }) => time),
    table,
    transform,
  );
  const total = residuals.reduce((sum, { weight }) => sum + weight, 0);
  const mean = residuals.reduce((sum, { weight }, k) => sum + weight * times[k], 0) / total;
  const drift = new Float64Array(size);
  let spread = 0;
  residuals.forEach(({ weight, residual }, k) => {
    const deviation = weight * (times[k] - mean);
    spread += deviation * (times[k] - mean);
    for (let j = 0; j < size; j++) drift[j] += deviation * residual[j];
  });
  const scaled = multiplyVector(fit.modelCovariance, size, drift);
  return [
    ...fit.covariates.map((name, j) =>
      line(name, (total * scaled[j] ** 2) / (fit.modelCovariance[j * (size + 1)] * spread), 1),
    ),
    line('global', (total * quadraticForm(fit.modelCovariance, size, drift)) / spread, size),
  ];
}

function transformedTimes(times: readonly number[], table: SurvivalTable, transform: TimeTransform): readonly number[] {
  switch (transform) {
    case 'identity':
      return times;
    case 'log':
      return times.map(logOf);
    case 'km': {
      const estimate = kaplanMeier(table);
      return times.map((time) => 1 - survivalProbability(estimate, time));
    }
    case 'rank':
      // Ties share the mean of their ranks.
      return times.map((time) => {
        const below = times.filter((other) => other < time).length;
        return below + (1 + times.filter((other) => other === time).length) / 2;
      });
  }
}
