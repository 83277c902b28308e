import { nelsonAalen } from '../curves/nelsonAalen.ts';
import { derivatives } from '../distributions/distribution.ts';
import { rowContribution } from '../parametric/likelihood.ts';
import type { ParametricFit } from '../parametric/parametric.ts';
import { parametersAt } from '../prediction.ts';
import { covariateRows, isExact, requireRightCensoring, type SurvivalTable, survivalTable } from '../table/table.ts';

/** Residuals of one row: what was seen against what the fit expects until then. */
export interface RowResidual {
  /** Cumulative hazard at the row's time: a sample of the unit exponential, if the model holds (Cox and Snell 1968). */
  readonly coxSnell: number;
  /** Failures seen less failures expected. */
  readonly martingale: number;
  /** The martingale made symmetric: the root of the row's share of the deviance, with its sign. */
  readonly deviance: number;
}

/** All residuals of a row from whether it failed (1 or 0) and the cumulative hazard that it went through. */
export function rowResidual(event: number, cumulativeHazard: number): RowResidual {
  const martingale = event - cumulativeHazard;
  // event · log(H) is 0 for a censored row, even at H = 0.
  const entropy = event === 0 ? 0 : Math.log(cumulativeHazard);
  return {
    coxSnell: cumulativeHazard,
    martingale,
    deviance: Math.sign(martingale) * Math.sqrt(-2 * (martingale + entropy)),
  };
}

/**
 * Residuals of every row of a table under a parametric fit.
 * @throws InputError on interval censoring, or a covariate that the table lacks.
 */
export function residuals(fit: ParametricFit, table: SurvivalTable): RowResidual[] {
  requireRightCensoring(table, 'residuals');
  return covariateRows(table).map((values, row) => {
    const theta = parametersAt(fit, values);
    const cumulativeHazard = (time: number) => {
      if (time === 0) return 0;
      const out = derivatives(theta.length);
      fit.distribution.logSurvival(time, Math.log(time), theta, out);
      return -out.value;
    };
    return rowResidual(
      isExact(table, row) ? 1 : 0,
      cumulativeHazard(table.lower[row]) - cumulativeHazard(table.entry[row]),
    );
  });
}

/**
 * Score residuals of a parametric fit: the derivatives of each row's log likelihood, for one sample of it, by the coefficients in
 * their order: rows × coefficients, row-major. Any censoring. They sum to 0 with the rows' weights; times the covariance of the
 * model they are dfbetas.
 * @throws InputError on a covariate that the table lacks
 */
export function parametricScoreResiduals(fit: ParametricFit, table: SurvivalTable): Float64Array {
  const contribution = rowContribution(table, fit.distribution);
  const out = derivatives(fit.blocks.length);
  const size = fit.estimates.length;
  const scores = new Float64Array(table.rows * size);
  covariateRows(table).forEach((values, row) => {
    contribution(row, parametersAt(fit, values), out);
    fit.blocks.forEach(({ covariates, offset }, j) => {
      scores[row * size + offset] = out.gradient[j];
      covariates.forEach((name, k) => {
        scores[row * size + offset + 1 + k] = out.gradient[j] * values[name];
      });
    });
  });
  return scores;
}

/** Points that lie on the diagonal if the model holds. */
export interface QuantilePlot {
  /** Nelson-Aalen estimate of the cumulative hazard of the Cox-Snell residuals. */
  readonly observed: Float64Array;
  /** The residuals themselves, ascending: the cumulative hazard of the unit exponential there. */
  readonly expected: Float64Array;
}

/** Cox-Snell residuals against the unit exponential (Cox and Snell 1968): the Q-Q check of a fit. */
export function coxSnellOfResiduals(rows: readonly RowResidual[], table: SurvivalTable): QuantilePlot {
  const { times, cumulativeHazard } = nelsonAalen(
    survivalTable({
      // A row that entered late starts at its own cumulative hazard, so only the share since then is a residual; by rounding it
      // may be less than nothing.
      durations: rows.map(({ coxSnell }) => Math.max(coxSnell, 0)),
      events: Array.from({ length: table.rows }, (_, row) => isExact(table, row)),
      weights: table.weights,
    }),
  );
  return { observed: cumulativeHazard, expected: times };
}

/** `coxSnellOfResiduals` of a parametric fit. */
export function coxSnellPlot(fit: ParametricFit, table: SurvivalTable): QuantilePlot {
  return coxSnellOfResiduals(residuals(fit, table), table);
}
