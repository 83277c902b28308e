import { InputError } from '../../engine/errors.ts';
import { concordance } from './concordance.ts';
import { type Distribution, derivatives } from './distributions/distribution.ts';
import { rowContribution } from './likelihood.ts';
import { fitParametric, type ParametricFit, type ParametricOptions } from './parametric.ts';
import { parametersAt, predictMedian } from './prediction.ts';
import { foldsOf } from './split.ts';
import { covariateRows, type SurvivalTable, selectRows, totalWeight } from './table.ts';

/** A distribution with its fit, or with the reason why it has none. */
export type Candidate =
  | { readonly distribution: Distribution; readonly fit: ParametricFit; readonly error: null }
  | { readonly distribution: Distribution; readonly fit: null; readonly error: string };

/** Fits every distribution and sorts by the criterion, the best first; those that have no fit come last. */
export function compareDistributions(
  table: SurvivalTable,
  distributions: readonly Distribution[],
  options: Omit<ParametricOptions, 'distribution'> = {},
  criterion: 'aic' | 'aicc' | 'bic' = 'aic',
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
  const value = ({ fit }: Candidate) => (fit === null ? Infinity : fit[criterion]);
  return candidates.sort((a, b) => (value(a) === value(b) ? 0 : value(a) - value(b)));
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
