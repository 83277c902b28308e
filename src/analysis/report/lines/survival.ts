import { InputError } from '../../../base/errors.ts';
import { groupBy } from '../../../base/groupBy.ts';
import { SURVIVAL_MODELS, type SurvivalModelName, type SurvivalSpec } from '../../study/index.ts';
import {
  type AcceleratedFailureTimeCoefficient,
  type AcceleratedFailureTimeFit,
  type Distribution,
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  logNormal,
  weibull,
} from '../../survival/index.ts';
import type { CoefficientLine, FitStatistics, SurvivalSection } from '../document.ts';
import { type Covariates, covariatesOf } from '../rows/covariates.ts';
import type { Condition } from '../rows/rows.ts';
import { restrict, type StudyTable, sizeOf, toSurvivalTable } from '../rows/studyTable.ts';

export const DISTRIBUTIONS: Readonly<Record<Exclude<SurvivalModelName, 'auto'>, Distribution>> = {
  weibull,
  exponential,
  'log-normal': logNormal,
  'log-logistic': logLogistic,
};

/** The rows of a study as the survival analysis takes them, and the model of them, where one can be fitted. */
export interface StudyFit {
  /** Every row. */
  readonly table: StudyTable;
  /** The rows that the model is fitted to, and their covariates. */
  readonly modelled: StudyTable;
  readonly covariates: Covariates;
  readonly fit: AcceleratedFailureTimeFit | null;
  /** The family that was fitted, or asked for. */
  readonly family: string;
  /** Akaike's criterion of the families that it was chosen from. */
  readonly families: readonly { readonly model: string; readonly aic: number }[];
  readonly notes: readonly string[];
}

/**
 * Fits the study's survival model to its rows, with standard errors that hold although every image was attacked many times
 * (one cluster for each image, or as the table's encoding has it). What the data cannot bear (no failure, times that do not vary) becomes a note.
 */
export function fitStudy(table: StudyTable, { model, clock }: SurvivalSpec): StudyFit {
  const { kept, notes: unbroken } = breakable(table);
  const modelled = kept.length === table.conditions.length ? table : restrict(table, kept);
  const covariates = covariatesOf(modelled.conditions);
  const notes = [...covariates.notes, ...unbroken];
  const all = table.instant + table.durations.length;
  if (table.instant > 0)
    notes.push(`${table.instant} of ${all} samples took no measurable time (0 ${clock}) and are left out`);
  if (table.durations.length === 0) notes.push('no sample was attacked: nothing to fit');
  const unfitted = { table, modelled, covariates, fit: null, family: model, families: [] };
  if (modelled.durations.length === 0) return { ...unfitted, notes };
  const coefficients = Object.keys(covariates.columns).length + (model === 'exponential' ? 1 : 2);
  const clusters = new Set(modelled.clusters).size;
  if (clusters <= coefficients)
    return {
      ...unfitted,
      notes: [
        ...notes,
        `no ${model} model: ${clusters} images are too few for robust standard errors of ${coefficients} coefficients`,
      ],
    };
  const { fits, failures } = fitFamilies(modelled, covariates, model);
  if (fits.length === 0) return { ...unfitted, notes: [...notes, ...failures] };
  const best = fits.reduce((least, each) => (each.fit.aic < least.fit.aic ? each : least));
  const families = fits.map(({ family, fit }) => ({ model: family, aic: fit.aic }));
  return { table, modelled, covariates, ...best, families, notes: [...notes, ...best.fit.warnings] };
}

/** Fits a family, or all that there are. The fitter says with an InputError that no model exists for such data. */
function fitFamilies(modelled: StudyTable, { columns }: Covariates, model: SurvivalModelName) {
  const fits: { readonly family: string; readonly fit: AcceleratedFailureTimeFit }[] = [];
  const failures: string[] = [];
  const table = toSurvivalTable(modelled, columns);
  for (const family of model === 'auto' ? SURVIVAL_MODELS : [model]) {
    try {
      const fit = fitAcceleratedFailureTime(table, { distribution: DISTRIBUTIONS[family], covariance: 'robust' });
      fits.push({ family, fit });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(`no ${family} model: ${error.message}`);
    }
  }
  return { fits, failures };
}

/** What has a coefficient of its own for each level. */
const DUMMIES: Readonly<Record<string, (condition: Condition) => string>> = {
  'data set': ({ dataset }) => dataset,
  precision: ({ precision }) => precision,
  attack: ({ attack }) => attack,
  defence: ({ defence }) => defence,
};

/**
 * The conditions that a model can be fitted to. A level under which nothing ever failed has no finite time ratio, and would leave
 * the whole study without a model: its conditions are left out, with a note. Where nothing failed at all, none is.
 */
function breakable(table: StudyTable): { readonly kept: number[]; readonly notes: string[] } {
  const failures = table.conditions.map((_, condition) => sizeOf(table, condition).failures);
  const all = table.conditions.map((_, condition) => condition);
  const failed = (members: readonly number[]) => members.some((condition) => failures[condition] > 0);
  const notes: string[] = [];
  if (!failed(all)) return { kept: all, notes };
  let kept = all;
  for (let before = Infinity; kept.length < before; ) {
    before = kept.length;
    for (const [name, levelOf] of Object.entries(DUMMIES)) {
      const levels = groupBy(kept, (condition) => levelOf(table.conditions[condition]));
      for (const members of levels.filter((level) => !failed(level)))
        notes.push(
          `no image failed under ${name} ${levelOf(table.conditions[members[0]])}: its time ratio is not finite, and it is no part of the survival model`,
        );
      kept = levels.filter(failed).flat();
    }
  }
  return { kept: kept.toSorted((a, b) => a - b), notes };
}

/** The survival section of a report. */
export function survivalSection(study: StudyFit, spec: SurvivalSpec, misclassifiedBefore: number): SurvivalSection {
  const { table, modelled, covariates, fit, family, families, notes } = study;
  return {
    model: family,
    families,
    clock: table.clock,
    encoding: spec.encoding,
    coefficients: fit === null ? [] : fit.coefficients.map((line) => coefficientLine(line, covariates)),
    fit: fit === null ? null : statisticsOf(fit, modelled),
    reference: covariates.reference,
    rows: table.durations.length,
    events: table.failed.reduce((sum, failed) => sum + failed, 0),
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

function statisticsOf(fit: AcceleratedFailureTimeFit, { clusters }: StudyTable): FitStatistics {
  const { scale, logLikelihood, aic, bic, wald, confidenceLevel } = fit;
  return {
    scale,
    logLikelihood,
    aic,
    bic,
    concordance: fit.concordance,
    wald,
    clusters: new Set(clusters).size,
    confidenceLevel,
  };
}
