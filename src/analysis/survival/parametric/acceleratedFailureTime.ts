import { InputError } from '../../../base/errors.ts';
import type { Coefficient } from '../coefficients.ts';
import type { SurvivalTable } from '../table/table.ts';
import { fitParametric, type ParametricFit, type ParametricOptions } from './parametric.ts';

export interface AcceleratedFailureTimeCoefficient extends Coefficient {
  /** exp(coefficient): the factor on the time to failure for one more unit of the covariate; null for other parameters. */
  readonly timeRatio: number | null;
}

export interface AcceleratedFailureTimeFit extends ParametricFit {
  readonly coefficients: readonly AcceleratedFailureTimeCoefficient[];
}

/**
 * Accelerated failure time model, log T = location(x) + scale · W: R's `survreg` with the distributions `exponential`,
 * `weibull`, `logNormal` and `logLogistic`.
 * @throws InputError as `fitParametric`, and if covariates do not multiply time in the distribution.
 */
export function fitAcceleratedFailureTime(table: SurvivalTable, options: ParametricOptions): AcceleratedFailureTimeFit {
  if (!options.distribution.acceleratedFailureTime) {
    throw new InputError(`${options.distribution.name} is not an accelerated failure time model; use fitParametric`);
  }
  const fit = fitParametric(table, options);
  const coefficients = fit.coefficients.map((line) => ({
    ...line,
    timeRatio: line.parameter === fit.blocks[0].parameter ? Math.exp(line.coefficient) : null,
  }));
  // Not a spread, which would compute the concordance, a getter.
  return Object.defineProperty(fit, 'coefficients', {
    value: coefficients,
    enumerable: true,
  }) as AcceleratedFailureTimeFit;
}
