import { InputError } from '../../../base/errors.ts';
import { concordance } from '../assessment/concordance.ts';
import { lastAtOrBefore, onClock } from '../clock.ts';
import { type LikelihoodTest, likelihoodRatioTest, waldLine, waldTest } from '../coefficients.ts';
import { tiedTimes } from '../curves/tiedTimes.ts';
import { fitWarnings, requireFailures, requireFiniteMaximum } from '../fitChecks.ts';
import { congruence, inverseInformation, multiplyVector } from '../numerics/linearAlgebra.ts';
import type { CovarianceKind } from '../parametric/parametric.ts';
import { maximisePenalised, type Penalty, standardisedRows } from '../parametric/penalty.ts';
import { sandwich } from '../sandwich.ts';
import { type DesignMatrix, designMatrix } from '../table/designMatrix.ts';
import {
  type CovariateRow,
  failedWeight,
  lastObservedTime,
  pickRows,
  requireRightCensoring,
  rowsByGroup,
  type SurvivalTable,
} from '../table/table.ts';
import { sampleWeight } from '../table/wholeSamples.ts';
import { type FailureTime, failureTimesByStratum, partialLikelihood } from './partialLikelihood.ts';
import { scoreResiduals } from './scoreResiduals.ts';
import type { Ties } from './ties.ts';

export interface CoxOptions extends Penalty {
  /** Every covariate of the table when left out. */
  readonly covariates?: readonly string[];
  /** Efron's approximation when left out, as in R. */
  readonly ties?: Ties;
  /** A stratum for each row: each has a baseline hazard of its own. */
  readonly strata?: ArrayLike<number | string>;
  /** `robust`: sandwich over the table's clusters, or over its rows where it has none. */
  readonly covariance?: CovarianceKind;
  readonly confidenceLevel?: number;
}

export interface CoxCoefficient {
  /** The covariate. */
  readonly name: string;
  readonly coefficient: number;
  readonly standardError: number;
  readonly z: number;
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
  /** exp(coefficient): the factor on the hazard for one more unit of the covariate. */
  readonly hazardRatio: number;
}

/** Breslow's (or Efron's) estimate of the cumulative hazard at the covariates' means, in one stratum. */
export interface CoxBaseline {
  readonly stratum: number | string | null;
  readonly times: Float64Array;
  readonly cumulativeHazard: Float64Array;
}

export interface CoxFit {
  readonly ties: Ties;
  readonly covariates: readonly string[];
  readonly coefficients: readonly CoxCoefficient[];
  readonly estimates: Float64Array;
  /** Covariance of the estimates, row-major: of the kind that was asked for. */
  readonly covariance: Float64Array;
  readonly covarianceKind: CovarianceKind;
  /** Inverse observed information. */
  readonly modelCovariance: Float64Array;
  /** Index of each row's baseline. */
  readonly strata: Int32Array;
  /** Weighted means of the covariates: where the baseline stands. */
  readonly means: Float64Array;
  readonly baselines: readonly CoxBaseline[];
  /** Baselines by stratum. */
  readonly baselineByStratum: ReadonlyMap<number | string | null, CoxBaseline>;
  /** Every failure time, ascending within each stratum, for residuals and tests. */
  readonly failureTimes: readonly FailureTime[];
  readonly rows: number;
  /** Samples, by weight: start-stop rows of one cluster that go on from each other are one. */
  readonly samples: number;
  readonly events: number;
  /** The last time at which anything was observed. */
  readonly lastObservedTime: number;
  /** Log partial likelihood, from which the figures below follow: comparable with other Cox models only. */
  readonly logLikelihood: number;
  readonly nullLogLikelihood: number;
  readonly likelihoodRatio: LikelihoodTest;
  readonly wald: LikelihoodTest;
  readonly aic: number;
  /** With log(events), as R's `nobs` of a `coxph`: censored rows add no term to the partial likelihood. */
  readonly bic: number;
  /** Harrell's C of minus the linear predictor, within strata; null where no pair can be compared. */
  readonly concordance: number | null;
  readonly confidenceLevel: number;
  readonly iterations: number;
  readonly warnings: readonly string[];
}

/**
 * Cox's proportional hazards model, h(t | x) = h0(t) exp(beta x): R's `coxph`. Right censoring, delayed entry, frequency weights,
 * strata, elastic net. Times that differ by rounding only are ties, as in R.
 * @throws InputError on interval censoring, no failure, or a covariate that is constant, collinear or separated.
 */
export function fitCox(given: SurvivalTable, options: CoxOptions = {}): CoxFit {
  const { ties = 'efron', covariance: covarianceKind = 'model', confidenceLevel = 0.95 } = options;
  const covariates = options.covariates ?? Object.keys(given.covariates);
  requireRightCensoring(given, 'Cox model');
  requireFailures(given);
  if (covariates.length === 0) throw new InputError('Cox model: no covariates; use Kaplan-Meier');
  if (ties !== 'breslow') requireWholeWeights(given, ties);
  if (ties === 'exact' && covarianceKind === 'robust') {
    throw new InputError("Cox model: exact ties have no score of each row, so no robust covariance; use ties 'efron'");
  }
  const table = tiedTimes(given);
  const { numbers, labels } = strataOf(table, options.strata);
  const design = designMatrix(table, covariates);
  const size = covariates.length;
  const partial = partialLikelihood(table, design, numbers, ties);
  const origin = new Float64Array(size);
  const slopes = slopesOf(design);
  const penalised = [{ offset: 0, rows: standardisedRows(slopes, 0) }];
  const samples = sampleWeight(table);
  const maximum = maximisePenalised(partial.evaluate, origin, penalised, options, samples);
  requireFiniteMaximum(
    maximum,
    [{ parameter: 'hazard', link: 'log', perTime: false, covariates, offset: 0 }],
    [slopes],
  );
  const inverse = inverseInformation(maximum.hessian, size);
  const estimates = multiplyVector(slopes.toOwn, size, maximum.beta);
  const modelCovariance = congruence(slopes.toOwn, inverse, size);
  const nullLogLikelihood = partial.evaluate(origin).value;
  const logLikelihood = partial.evaluate(maximum.beta).value;
  const events = failedWeight(table);
  const failureTimes: FailureTime[] = [];
  partial.visitFailures(maximum.beta, ({ at }) => failureTimes.push(at));
  failureTimes.sort((a, b) => a.stratum - b.stratum || a.time - b.time);
  const baselines = baselinesOf(failureTimes, labels);
  const means = design.fromInternal.slice(1, size + 1);
  const scores = () => scoreResiduals(table, covariates, estimates, means, failureTimes, numbers);
  const covariance = covarianceKind === 'robust' ? sandwich(table, scores(), modelCovariance, size) : modelCovariance;
  return {
    ties,
    covariates,
    coefficients: covariates.map((name, k) => ({
      name,
      ...waldLine(estimates[k], Math.sqrt(covariance[k * (size + 1)]), confidenceLevel),
      hazardRatio: Math.exp(estimates[k]),
    })),
    estimates,
    covariance,
    covarianceKind,
    modelCovariance,
    strata: numbers,
    means,
    baselines,
    baselineByStratum: new Map(baselines.map((baseline) => [baseline.stratum, baseline])),
    failureTimes,
    rows: table.rows,
    samples,
    events,
    lastObservedTime: lastObservedTime(table),
    logLikelihood,
    nullLogLikelihood,
    likelihoodRatio: likelihoodRatioTest(logLikelihood, nullLogLikelihood, size),
    wald: waldTest(
      covariates.map((_, k) => k),
      estimates,
      covariance,
    ),
    aic: -2 * logLikelihood + 2 * size,
    bic: -2 * logLikelihood + size * Math.log(events),
    concordance: harrell(table, covariates, estimates, numbers),
    confidenceLevel,
    iterations: maximum.iterations,
    warnings: fitWarnings(table, size),
  };
}

/** beta · (x - means): the log of the hazard relative to the baseline's. @throws InputError naming a missing covariate. */
export function logRelativeHazard(fit: CoxFit, row: CovariateRow): number {
  return fit.covariates.reduce((sum, name, k) => {
    if (row[name] === undefined) throw new InputError(`prediction: covariate "${name}" is missing`);
    return sum + fit.estimates[k] * (row[name] - fit.means[k]);
  }, 0);
}

/**
 * S(t | x) = exp(-H0(t) exp(beta x)) at each time, in one stratum.
 * @throws InputError naming a covariate that the row lacks, or where a model of several strata is asked for none of them
 */
export function predictCoxSurvival(
  fit: CoxFit,
  row: CovariateRow,
  times: readonly number[],
  stratum: number | string | null = null,
): number[] {
  const { times: clock, cumulativeHazard } = baselineOf(fit, stratum);
  const ratio = Math.exp(logRelativeHazard(fit, row));
  return times.map((time) => {
    const k = lastAtOrBefore(clock, onClock(clock, time));
    return k < 0 ? 1 : Math.exp(-cumulativeHazard[k] * ratio);
  });
}

/** The baseline of a stratum; null names the only one of a model that has no others. */
function baselineOf({ baselines, baselineByStratum }: CoxFit, stratum: number | string | null): CoxBaseline {
  const baseline = stratum === null && baselines.length === 1 ? baselines[0] : baselineByStratum.get(stratum);
  if (baseline !== undefined) return baseline;
  if (baselines.length === 1 && baselines[0].stratum === null)
    throw new InputError(`prediction: stratum "${stratum}" has no baseline: the model has no strata`);
  const first = baselines.slice(0, 3).map((one) => `"${one.stratum}"`);
  const known = `${first.join(', ')}${baselines.length > 3 ? `, ... (${baselines.length})` : ''}`;
  throw new InputError(
    stratum === null
      ? `prediction: each stratum has a baseline of its own; name one: ${known}`
      : `prediction: stratum "${stratum}" has no baseline in this fit; there are: ${known}`,
  );
}

function requireWholeWeights(table: SurvivalTable, ties: Ties): void {
  const row = table.weights.findIndex((weight) => !Number.isInteger(weight));
  if (row < 0) return;
  throw new InputError(
    `Cox model: row ${row + 1} has weight ${table.weights[row]}; ${ties === 'efron' ? "Efron's" : 'exact'} ties need whole frequencies, ties: 'breslow' takes any`,
  );
}

function strataOf(
  table: SurvivalTable,
  strata: ArrayLike<number | string> | undefined,
): { numbers: Int32Array; labels: readonly (number | string | null)[] } {
  if (strata === undefined) return { numbers: new Int32Array(table.rows), labels: [null] };
  if (strata.length !== table.rows) {
    throw new InputError(`Cox model: ${strata.length} strata for ${table.rows} rows; one for each row is needed`);
  }
  const labels = [...new Set(Array.from(strata))];
  const indices = new Map(labels.map((label, index) => [label, index]));
  return { numbers: Int32Array.from(strata, (label) => indices.get(label)!), labels };
}

/** The design without its intercept, of which the partial likelihood is free. */
function slopesOf(design: DesignMatrix): DesignMatrix {
  const { columns } = design;
  const size = columns - 1;
  const toOwn = new Float64Array(size * size);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) toOwn[a * size + b] = design.toOwn[(a + 1) * columns + b + 1];
  }
  return { ...design, columns: size, toOwn, deviations: design.deviations.slice(1) };
}

function baselinesOf(failureTimes: readonly FailureTime[], labels: readonly (number | string | null)[]): CoxBaseline[] {
  const byStratum = failureTimesByStratum(failureTimes, labels.length);
  return labels.map((stratum, index) => {
    const steps = byStratum[index];
    let sum = 0;
    return {
      stratum,
      times: Float64Array.from(steps, ({ time }) => time),
      cumulativeHazard: Float64Array.from(steps, ({ hazard }) => {
        sum += hazard;
        return sum;
      }),
    };
  });
}

function harrell(
  table: SurvivalTable,
  covariates: readonly string[],
  estimates: Float64Array,
  strata: Int32Array,
): number | null {
  let agreed = 0;
  let pairs = 0;
  for (const rows of rowsByGroup(strata).values()) {
    const part = pickRows(table, rows);
    const prediction = new Float64Array(part.rows);
    covariates.forEach((name, k) => {
      for (let i = 0; i < part.rows; i++) prediction[i] -= estimates[k] * part.covariates[name][i];
    });
    const { concordant, discordant, tied } = concordance(part, prediction);
    agreed += concordant + tied / 2;
    pairs += concordant + discordant + tied;
  }
  return pairs === 0 ? null : agreed / pairs;
}
