import { InputError } from '../../engine/errors.ts';
import type { Clock, SurvivalSpec } from '../study/schema.ts';
import {
  type AcceleratedFailureTimeCoefficient,
  type AcceleratedFailureTimeFit,
  type Distribution,
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  logNormal,
  type SurvivalTable,
  survivalTable,
  weibull,
} from '../survival/index.ts';
import { type Covariates, covariatesOf } from './covariates.ts';
import type { CoefficientLine, FitStatistics, SurvivalSection } from './report.ts';
import { durationOf, type SurvivalRow } from './rows.ts';

const DISTRIBUTIONS: Readonly<Record<SurvivalSpec['model'], Distribution>> = {
  weibull,
  exponential,
  'log-normal': logNormal,
  'log-logistic': logLogistic,
};

/** The rows of a study as the survival analysis takes them, and the model of them, where one can be fitted. */
export interface StudyFit {
  readonly clock: Clock;
  readonly rows: readonly SurvivalRow[];
  /** Null where there is no row. Rows are in the order of `rows`. */
  readonly table: SurvivalTable | null;
  readonly covariates: Covariates;
  readonly fit: AcceleratedFailureTimeFit | null;
  readonly notes: readonly string[];
}

/**
 * Fits the study's survival model to its rows, with standard errors that hold although every image was attacked many times
 * (one cluster for each image, or as the table's encoding has it). What the data cannot bear (no failure, times that do not vary) becomes a note.
 */
export function fitStudy(all: readonly SurvivalRow[], { model, clock }: SurvivalSpec): StudyFit {
  const rows = all.filter((row) => durationOf(row, clock) > 0);
  const dropped = all.length - rows.length;
  const covariates = covariatesOf(rows);
  const notes = [...covariates.notes];
  if (dropped > 0)
    notes.push(`${dropped} of ${all.length} samples took no measurable time (0 ${clock}) and are left out`);
  if (rows.length === 0) {
    return {
      clock,
      rows,
      table: null,
      covariates,
      fit: null,
      notes: [...notes, 'no sample was attacked: nothing to fit'],
    };
  }
  const table = survivalTable({
    durations: rows.map((row) => durationOf(row, clock)),
    events: rows.map(({ failed }) => failed),
    clusters: rows.map(({ cluster }) => cluster),
    covariates: covariates.columns,
  });
  try {
    const fit = fitAcceleratedFailureTime(table, { distribution: DISTRIBUTIONS[model], covariance: 'robust' });
    return { clock, rows, table, covariates, fit, notes: [...notes, ...fit.warnings] };
  } catch (error) {
    // The fitter says with an InputError that no model exists for such data; the report passes it on and goes without.
    if (!(error instanceof InputError)) throw error;
    return { clock, rows, table, covariates, fit: null, notes: [...notes, `no ${model} model: ${error.message}`] };
  }
}

/** The survival section of a report. */
export function survivalSection(study: StudyFit, spec: SurvivalSpec, misclassifiedBefore: number): SurvivalSection {
  const { clock, rows, covariates, fit, notes } = study;
  return {
    model: spec.model,
    clock,
    encoding: spec.encoding,
    coefficients: fit === null ? [] : fit.coefficients.map((line) => coefficientLine(line, covariates)),
    fit: fit === null ? null : statisticsOf(fit, rows),
    reference: covariates.reference,
    rows: rows.length,
    events: rows.filter(({ failed }) => failed).length,
    misclassifiedBefore,
    notes,
  };
}

function coefficientLine(line: AcceleratedFailureTimeCoefficient, { units }: Covariates): CoefficientLine {
  const { name, coefficient, standardError, z, p, lower, upper } = line;
  const unit = units[name];
  const timeRatio =
    unit === undefined || line.timeRatio === null
      ? null
      : { unit, value: Math.exp(coefficient * unit), lower: Math.exp(lower * unit), upper: Math.exp(upper * unit) };
  return { name, coefficient, standardError, z, p, lower, upper, timeRatio };
}

function statisticsOf(fit: AcceleratedFailureTimeFit, rows: readonly SurvivalRow[]): FitStatistics {
  const { scale, logLikelihood, aic, bic, wald, confidenceLevel } = fit;
  return {
    scale,
    logLikelihood,
    aic,
    bic,
    concordance: fit.concordance,
    wald,
    clusters: new Set(rows.map(({ cluster }) => cluster)).size,
    confidenceLevel,
  };
}
