import { InputError } from '../../../base/errors.ts';
import { groupBy } from '../../../base/groupBy.ts';
import type { SurvivalModelName, SurvivalSpec } from '../../study/index.ts';
import { type FittedModel, fitModel, SURVIVAL_MODELS, survivalModel } from '../../survival/index.ts';
import type { CoefficientLine, FitStatistics, SurvivalSection } from '../document.ts';
import { type Covariates, covariatesOf } from '../rows/covariates.ts';
import type { Condition } from '../rows/rows.ts';
import { restrict, type StudyTable, sizeOf, toSurvivalTable } from '../rows/studyTable.ts';

/** The rows of a study as the survival analysis takes them, and the model of them, where one can be fitted. */
export interface StudyFit {
  /** Every row. */
  readonly table: StudyTable;
  /** The rows that the model is fitted to, and their covariates. */
  readonly modelled: StudyTable;
  readonly covariates: Covariates;
  readonly fitted: FittedModel | null;
  /** The model that was fitted, or asked for. */
  readonly family: SurvivalModelName;
  /** Akaike's criterion of the models that it was chosen from. */
  readonly families: readonly { readonly model: string; readonly aic: number }[];
  readonly notes: readonly string[];
}

/**
 * Fits the study's survival model to its rows, with standard errors that hold although every image was attacked many
 * times (one cluster for each image, or as the table's encoding has it). What the data cannot bear (no failure, times
 * that do not vary) becomes a note.
 */
export function fitStudy(table: StudyTable, { model }: Pick<SurvivalSpec, 'model'>): StudyFit {
  const { kept, notes: unbroken } = breakable(table);
  const modelled = kept.length === table.conditions.length ? table : restrict(table, kept);
  const covariates = covariatesOf(modelled.conditions);
  const notes = [...covariates.notes, ...unbroken];
  const all = table.instant + table.durations.length;
  if (table.instant > 0) notes.push(`${table.instant} of ${all} samples ${withoutTime(table)} and are left out`);
  if (table.durations.length === 0) notes.push('no sample was attacked: nothing to fit');
  const unfitted = { table, modelled, covariates, fitted: null, family: model, families: [] };
  if (modelled.durations.length === 0) return { ...unfitted, notes };
  const baseline = model === 'auto' ? 2 : survivalModel(model).baselineCoefficients;
  const coefficients = Object.keys(covariates.columns).length + baseline;
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
  const fitted = fits.reduce((least, each) => (each.fit.aic < least.fit.aic ? each : least));
  const families = fits.map(({ name, fit }) => ({ model: name, aic: fit.aic }));
  notes.push(...fitted.fit.warnings);
  const { noMean } = survivalModel(fitted.name);
  if (noMean !== null) notes.push(`${fitted.name} has no mean to compare with TRASH's: ${noMean}`);
  return { table, modelled, covariates, fitted, family: fitted.name, families, notes };
}

/** Why a sample has no time. */
const withoutTime = ({ clock }: StudyTable): string =>
  clock === 'distance'
    ? 'have no distance: nothing was found, by attacks that no strength limits,'
    : `took no measurable time (0 ${clock})`;

/** Fits a model, or all that `auto` stands for. The fitter says with an InputError that no model exists for such data. */
function fitFamilies(modelled: StudyTable, { columns }: Covariates, model: SurvivalModelName) {
  const fits: FittedModel[] = [];
  const failures: string[] = [];
  const table = toSurvivalTable(modelled, columns);
  const names = model === 'auto' ? SURVIVAL_MODELS.filter(({ auto }) => auto).map(({ name }) => name) : [model];
  for (const name of names) {
    try {
      fits.push(fitModel(name, table, { covariance: 'robust' }));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      failures.push(`no ${name} model: ${error.message}`);
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
  const { table, modelled, covariates, fitted, family, families, notes } = study;
  return {
    model: family,
    families,
    clock: table.clock,
    encoding: spec.encoding,
    coefficients: fitted === null ? [] : coefficientLines(fitted, covariates),
    fit: fitted === null ? null : statisticsOf(fitted, modelled),
    reference: covariates.reference,
    rows: table.durations.length,
    events: table.failed.reduce((sum, failed) => sum + failed, 0),
    misclassifiedBefore,
    notes,
  };
}

function coefficientLines({ name: model, fit }: FittedModel, { units }: Covariates): CoefficientLine[] {
  const { ratio: kind } = survivalModel(model);
  return fit.coefficients.map(({ name, coefficient, standardError, z, p, lower, upper }) => {
    const unit = units[name];
    const ratio =
      unit === undefined
        ? null
        : { unit, value: Math.exp(coefficient * unit), lower: Math.exp(lower * unit), upper: Math.exp(upper * unit) };
    const ratios = kind === 'time ratio' ? { timeRatio: ratio } : { timeRatio: null, hazardRatio: ratio };
    return { name, coefficient, standardError, z, p, lower, upper, ...ratios };
  });
}

function statisticsOf({ kind, fit }: FittedModel, { clusters }: StudyTable): FitStatistics {
  const { logLikelihood, aic, bic, wald, confidenceLevel, concordance } = fit;
  return {
    scale: kind === 'cox' ? null : fit.scale,
    logLikelihood,
    aic,
    bic,
    concordance,
    wald,
    clusters: new Set(clusters).size,
    confidenceLevel,
  };
}
