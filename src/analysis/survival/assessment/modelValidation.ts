import { InputError } from '../../../base/errors.ts';
import { type BootstrapOptions, bootstrap } from '../bootstrap.ts';
import type { ModelName } from '../catalogue.ts';
import { logRelativeHazard } from '../cox/cox.ts';
import type { ModelOptions } from '../defineModel.ts';
import { type FittedModel, fitModel, modelCoefficients, modelSurvival } from '../model.ts';
import { predictMedian } from '../prediction.ts';
import { foldsOf } from '../table/split.ts';
import {
  type CovariateRow,
  covariateRows,
  hasFailed,
  type SurvivalTable,
  selectRows,
  totalWeight,
} from '../table/table.ts';
import { wholeSamples } from '../table/wholeSamples.ts';
import { brierScores, unoConcordance } from './brier.ts';
import { calibration, weightedQuantile } from './calibration.ts';
import { concordance } from './concordance.ts';
import { logLikelihoodOf } from './modelSelection.ts';

/** How well a model predicts a table, which may be another than it was fitted to. Null where it cannot be told. */
export interface Performance {
  readonly samples: number;
  readonly concordance: number | null;
  /** Mean log likelihood of a sample; null for Cox models, which have none outside their table. */
  readonly logLikelihood: number | null;
  /** Calibration of P(T <= time). */
  readonly time: number;
  readonly ici: number | null;
  readonly e50: number | null;
  readonly e90: number | null;
  /** Uno's concordance up to the last of the Brier times. */
  readonly unoConcordance: number | null;
  /** Brier score at `time`, and its mean between the 5th and the 95th percentile of the failure times. */
  readonly brier: number | null;
  readonly integratedBrier: number | null;
  /** Why there is neither Uno's concordance nor a Brier score, in plain words; null where nothing forbids them. */
  readonly noScores: string | null;
}

/** Times at which Brier scores are taken for their mean. */
const BRIER_TIMES = 15;

/**
 * Start-stop rows of one cluster are judged as the samples that they were cut from, so that the cuts change no figure. Samples that
 * entered late, or whose covariates change on the way, have no scores.
 * @param strataOfRows a stratum for each row, where the model is Cox's with strata
 * @param fitted the table that was fitted, which tells how censoring goes
 */
export function performance(
  model: FittedModel,
  given: SurvivalTable,
  time: number,
  strataOfRows: readonly string[] | null = null,
  fitted: SurvivalTable = given,
): Performance {
  const { table, strata, noScores: late } = judged(given, strataOfRows);
  const { table: training, noScores: lateTraining } =
    fitted === given ? { table, noScores: late } : judged(fitted, null);
  const noScores = late ?? lateTraining;
  const samples = totalWeight(table);
  const rows = covariateRows(table);
  const times = brierTimes(training);
  const survival = whereDefined(() => rows.map((row, i) => modelSurvival(model, row, [time, ...times], strata?.[i])));
  const lifetimes = Float64Array.from(rows, (row) => lifetime(model, row));
  const measured =
    survival &&
    whereDefined(() =>
      calibration(
        table,
        survival.map(([first]) => 1 - first),
        time,
      ),
    );
  const brier = (at: readonly number[], from: number) =>
    survival === null || noScores !== null
      ? null
      : whereDefined(() => brierScores(table, at, (row, when) => survival[row][from + at.indexOf(when)], training));
  const last = times[times.length - 1];
  return {
    ...discrimination(model, table, lifetimes),
    samples,
    time,
    ici: measured?.ici ?? null,
    e50: measured?.e50 ?? null,
    e90: measured?.e90 ?? null,
    unoConcordance:
      noScores === null ? finite(whereDefined(() => unoConcordance(table, lifetimes, last, training))) : null,
    brier: finite(brier([time], 0)?.scores[0]),
    integratedBrier: finite(brier(times, 1)?.integrated),
    noScores,
  };
}

/** A table of whole samples with their strata; the rows as they are where they cannot be joined, and why. */
function judged(given: SurvivalTable, strata: readonly string[] | null) {
  const rows = { table: given, strata };
  try {
    const { table, pieces } = wholeSamples(given);
    const kinds = Object.values(given.covariates);
    const changed = pieces.find((sample) =>
      sample.some(
        (row) => kinds.some((values) => values[row] !== values[sample[0]]) || strata?.[row] !== strata?.[sample[0]],
      ),
    );
    if (changed === undefined) {
      return { table, strata: strata && pieces.map((sample) => strata[sample[0]]), noScores: null };
    }
    return {
      ...rows,
      noScores: `the sample of row ${changed[0] + 1} changes its covariates on the way, so that no survival is predicted for it from time 0 on`,
    };
  } catch (error) {
    if (error instanceof InputError) return { ...rows, noScores: error.message };
    throw error;
  }
}

/** Evenly from the 5th to the 95th percentile of the failure times, so that few are left at risk at none of them. */
function brierTimes(training: SurvivalTable): number[] {
  const failed = Array.from({ length: training.rows }, (_, i) => i).filter((i) => hasFailed(training, i));
  const pick = (values: Float64Array) => Float64Array.from(failed, (i) => values[i]);
  const [low, high] = [0.05, 0.95].map((p) => weightedQuantile(pick(training.upper), pick(training.weights), p));
  // Exactly up to the last: beside it by rounding, failures at it would be missed.
  return Array.from({ length: BRIER_TIMES }, (_, k) =>
    k === BRIER_TIMES - 1 ? high : low + ((high - low) * k) / (BRIER_TIMES - 1),
  );
}

function discrimination(model: FittedModel, table: SurvivalTable, lifetimes: Float64Array) {
  return {
    concordance: finite(whereDefined(() => concordance(table, lifetimes).concordance)),
    logLikelihood: model.kind === 'cox' ? null : logLikelihoodOf(model.fit, table) / totalWeight(table),
  };
}

function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null;
}

/** How well fits on the other folds predict one fold. */
export interface ModelFold {
  readonly samples: number;
  readonly concordance: number | null;
  /** Mean log likelihood of a held-out sample; null for Cox models. */
  readonly logLikelihood: number | null;
}

/** `crossValidate` for a model of any kind. @throws InputError if one of the fits does not exist */
export function crossValidateModel(
  name: ModelName,
  table: SurvivalTable,
  options: ModelOptions,
  { folds, seed }: { readonly folds: number; readonly seed: number },
): ModelFold[] {
  const fold = foldsOf(table, folds, seed);
  return Array.from({ length: folds }, (_, k) => {
    const kept = (row: number) => fold[row] !== k;
    const model = fitModel(name, selectRows(table, kept), {
      ...options,
      strata: options.strata && Array.from(options.strata).filter((_, row) => kept(row)),
    });
    const held = selectRows(table, (row) => !kept(row));
    const lifetimes = Float64Array.from(covariateRows(held), (row) => lifetime(model, row));
    return { samples: totalWeight(held), ...discrimination(model, held, lifetimes) };
  });
}

/** A coefficient's bootstrap distribution. */
export interface BootstrapCoefficient {
  readonly parameter: string;
  readonly covariate: string;
  readonly se: number;
  /** Percentiles. */
  readonly lower: number;
  readonly upper: number;
}

export interface ModelBootstrap {
  readonly replicates: number;
  /** Drawn tables that had no fit. */
  readonly failed: number;
  readonly coefficients: readonly BootstrapCoefficient[];
}

/** Percentile intervals of a model's coefficients. @throws InputError as `bootstrap` */
export function bootstrapModel(
  name: ModelName,
  table: SurvivalTable,
  options: ModelOptions,
  drawing: BootstrapOptions,
): ModelBootstrap {
  const fitTo = (drawn: SurvivalTable, rows: Int32Array) =>
    modelCoefficients(
      fitModel(name, drawn, {
        ...options,
        covariance: 'model',
        strata: options.strata && Array.from(rows, (row) => options.strata![row]),
      }),
    );
  const lines = fitTo(
    table,
    Int32Array.from({ length: table.rows }, (_, row) => row),
  );
  const { intervals, replicates, failed } = bootstrap(
    table,
    (drawn, rows) => fitTo(drawn, rows).map(({ coef }) => coef),
    drawing,
  );
  return {
    replicates,
    failed,
    coefficients: lines.map(({ parameter, covariate }, k) => {
      const { standardError, lower, upper } = intervals[k];
      return { parameter, covariate, se: standardError, lower, upper };
    }),
  };
}

/** A number that orders rows by the time that the model expects them to last. */
function lifetime(model: FittedModel, row: CovariateRow): number {
  return model.kind === 'cox' ? -logRelativeHazard(model.fit, row) : predictMedian(model.fit, row).estimate;
}

/** A figure, or null where such a table has none (interval censoring, too few failures). */
function whereDefined<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
