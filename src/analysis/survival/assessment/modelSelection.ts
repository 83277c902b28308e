import { InputError } from '../../../base/errors.ts';
import { type Distribution, derivatives } from '../distributions/distribution.ts';
import { rowContribution } from '../parametric/likelihood.ts';
import { fitParametric, type ParametricFit, type ParametricOptions } from '../parametric/parametric.ts';
import { parametersAt, predictMedian, predictSurvival } from '../prediction.ts';
import { foldsOf } from '../table/split.ts';
import { covariateRows, type SurvivalTable, selectRows, totalWeight } from '../table/table.ts';
import { calibration, medianFailureTime } from './calibration.ts';
import { concordance } from './concordance.ts';

/** A distribution with its fit, or with the reason why it has none. */
export type Candidate =
  | { readonly distribution: Distribution; readonly fit: ParametricFit; readonly error: null }
  | { readonly distribution: Distribution; readonly fit: null; readonly error: string };

/**
 * Fits every distribution and sorts by the criterion, the best (lowest) first; those that have no fit come last.
 * @param criterion `ici`: integrated calibration index at the median failure time, on the rows that were fitted
 */
export function compareDistributions(
  table: SurvivalTable,
  distributions: readonly Distribution[],
  options: Omit<ParametricOptions, 'distribution'> = {},
  criterion: 'aic' | 'aicc' | 'bic' | 'ici' = 'aic',
): Candidate[] {
  const candidates = distributions.map((distribution): Candidate => {
    try {
      return { distribution, fit: fitParametric(table, { ...options, distribution }), error: null };
    } catch (error) {
      // A table that one distribution cannot fit may suit another; anything else is a fault of the program.
      if (error instanceof InputError) return { distribution, fit: null, error: error.message };
      throw error;
    }
  });
  const figures = new Map(candidates.map((candidate) => [candidate, figureOf(candidate, table, criterion)]));
  const value = (candidate: Candidate) => figures.get(candidate)!;
  return candidates.sort((a, b) => (value(a) === value(b) ? 0 : value(a) - value(b)));
}

function figureOf({ fit }: Candidate, table: SurvivalTable, criterion: 'aic' | 'aicc' | 'bic' | 'ici'): number {
  if (fit === null) return Infinity;
  return criterion === 'ici' ? calibrationIndex(fit, table, medianFailureTime(table)) : fit[criterion];
}

/** ICI of a fit's P(T <= time) on a table that may be another than it was fitted to. @throws InputError as `calibration` */
export function calibrationIndex(fit: ParametricFit, table: SurvivalTable, time: number): number {
  const failed = covariateRows(table).map((row) => 1 - predictSurvival(fit, row, [time])[0].estimate);
  return calibration(table, failed, time).ici;
}

/** Log likelihood of a table under a fit that may have been made on another. */
export function logLikelihoodOf(fit: ParametricFit, table: SurvivalTable): number {
  const contribution = rowContribution(table, fit.distribution);
  const out = derivatives(fit.blocks.length);
  return covariateRows(table).reduce((sum, values, row) => {
    contribution(row, parametersAt(fit, values), out);
    return sum + table.weights[row] * out.value;
  }, 0);
}

/** How well fits on the other folds predict one fold. */
export interface HeldOutFold {
  readonly samples: number;
  /** Mean log likelihood of a held-out sample: higher is better, and comparable between distributions. */
  readonly logLikelihood: number;
  readonly concordance: number;
}

/** Fits on all folds but one and judges that one, for each of `folds` random folds; clusters stay together. */
export function crossValidate(
  table: SurvivalTable,
  options: ParametricOptions,
  { folds = 5, seed = 0 }: { readonly folds?: number; readonly seed?: number } = {},
): HeldOutFold[] {
  const fold = foldsOf(table, folds, seed);
  return Array.from({ length: folds }, (_, k) => {
    const fit = fitParametric(
      selectRows(table, (row) => fold[row] !== k),
      options,
    );
    const held = selectRows(table, (row) => fold[row] === k);
    const samples = totalWeight(held);
    return {
      samples,
      logLikelihood: logLikelihoodOf(fit, held) / samples,
      concordance: concordance(
        held,
        covariateRows(held).map((row) => predictMedian(fit, row).estimate),
      ).concordance,
    };
  });
}
