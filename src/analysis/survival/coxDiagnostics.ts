import { type CoxFit, logRelativeHazard } from './cox.ts';
import { kaplanMeier, lastAtOrBefore, survivalProbability } from './kaplanMeier.ts';
import { multiplyVector, quadraticForm } from './linearAlgebra.ts';
import { type RowResidual, rowResidual } from './residuals.ts';
import { chiSquaredP } from './specialFunctions.ts';
import { covariateRows, isExact, type SurvivalTable } from './table.ts';

/** Covariates of a failed row less their mean over those at risk: the share of the score at one failure. */
export interface SchoenfeldResidual {
  /** Row of the table that was fitted. */
  readonly row: number;
  readonly time: number;
  readonly weight: number;
  /** One for each covariate, in its own units. */
  readonly residual: Float64Array;
}

/**
 * Schoenfeld residuals (Schoenfeld 1982) of the table that was fitted; among ties, against the mean of Efron's terms.
 */
export function schoenfeldResiduals(fit: CoxFit, table: SurvivalTable): SchoenfeldResidual[] {
  return fit.failureTimes.flatMap(({ failures, time, mean }) =>
    failures.map((row) => ({
      row,
      time,
      weight: table.weights[row],
      residual: Float64Array.from(fit.covariates, (name, k) => table.covariates[name][row] - mean[k]),
    })),
  );
}

/** The function of time against which a coefficient's drift is sought; `km` is 1 - S(t). */
export type TimeTransform = 'identity' | 'log' | 'rank' | 'km';

export interface ProportionalityTest {
  /** A covariate, or "global" for all of them together. */
  readonly name: string;
  readonly statistic: number;
  readonly degreesOfFreedom: number;
  /** Small: the covariate's effect drifts with time, so hazards are not proportional. */
  readonly p: number;
}

/**
 * Tests of proportional hazards from scaled Schoenfeld residuals (Grambsch and Therneau 1994); lifelines'
 * `proportional_hazard_test`, and `cox.zph` of R before `survival` 3.0.
 */
export function proportionalityTest(
  fit: CoxFit,
  table: SurvivalTable,
  transform: TimeTransform = 'km',
): ProportionalityTest[] {
  const residuals = schoenfeldResiduals(fit, table);
  const size = fit.covariates.length;
  const times = transformed(residuals, table, transform);
  const total = residuals.reduce((sum, { weight }) => sum + weight, 0);
  const mean = residuals.reduce((sum, { weight }, k) => sum + weight * times[k], 0) / total;
  const drift = new Float64Array(size);
  let spread = 0;
  residuals.forEach(({ weight, residual }, k) => {
    const deviation = weight * (times[k] - mean);
    spread += deviation * (times[k] - mean);
    for (let j = 0; j < size; j++) drift[j] += deviation * residual[j];
  });
  const scaled = multiplyVector(fit.covariance, size, drift);
  const test = (name: string, statistic: number, degreesOfFreedom: number): ProportionalityTest => ({
    name,
    statistic,
    degreesOfFreedom,
    p: chiSquaredP(statistic, degreesOfFreedom),
  });
  return [
    ...fit.covariates.map((name, j) =>
      test(name, (total * scaled[j] ** 2) / (fit.covariance[j * (size + 1)] * spread), 1),
    ),
    test('global', (total * quadraticForm(fit.covariance, size, drift)) / spread, size),
  ];
}

function transformed(
  residuals: readonly SchoenfeldResidual[],
  table: SurvivalTable,
  transform: TimeTransform,
): number[] {
  const times = residuals.map(({ time }) => time);
  switch (transform) {
    case 'identity':
      return times;
    case 'log':
      return times.map(Math.log);
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

/** Residuals of every row of the table that was fitted; `strata` as in the fit. */
export function coxResiduals(fit: CoxFit, table: SurvivalTable, strata?: ArrayLike<number | string>): RowResidual[] {
  return covariateRows(table).map((values, row) => {
    const baseline = fit.baselines.find(({ stratum }) => stratum === (strata ? strata[row] : null)) ?? fit.baselines[0];
    const hazardAt = (time: number) => {
      const k = lastAtOrBefore(baseline.times, time);
      return k < 0 ? 0 : baseline.cumulativeHazard[k];
    };
    const ratio = Math.exp(logRelativeHazard(fit, values));
    const coxSnell = ratio * (hazardAt(table.lower[row]) - hazardAt(table.entry[row]));
    return rowResidual(isExact(table, row) ? 1 : 0, coxSnell);
  });
}
