import { InputError } from '../../../base/errors.ts';
import { concordance } from '../assessment/concordance.ts';
import {
  type Coefficient,
  coefficientTable,
  type LikelihoodTest,
  likelihoodRatioTest,
  waldTest,
} from '../coefficients.ts';
import type { Distribution } from '../distributions/distribution.ts';
import {
  fitWarnings,
  requireFailures,
  requireFiniteMaximum,
  requireUsableTimes,
  requireVaryingTimes,
} from '../fitChecks.ts';
import { congruence, inverseInformation, multiplyVector } from '../numerics/linearAlgebra.ts';
import { type Maximum, maximise } from '../numerics/newton.ts';
import { sandwich } from '../sandwich.ts';
import { blocksOf, type DesignMatrix, designMatrix, type PredictorBlock } from '../table/designMatrix.ts';
import { failedWeight, hasFailed, isExact, lastObservedTime, type SurvivalTable } from '../table/table.ts';
import { sampleWeight } from '../table/wholeSamples.ts';
import { likelihood } from './likelihood.ts';
import { maximisePenalised, type Penalty, standardisedRows } from './penalty.ts';
import { startValues } from './startValues.ts';

/** `model`: inverse observed information; `robust`: sandwich over the table's clusters, or over its rows where it has none. */
export type CovarianceKind = 'model' | 'robust';

export interface ParametricOptions extends Penalty {
  readonly distribution: Distribution;
  /** Covariates of the first parameter, in this order; every covariate of the table when left out. */
  readonly covariates?: readonly string[];
  /** Covariates of further parameters, by the parameter's name ("scale", "shape"). */
  readonly ancillary?: Readonly<Record<string, readonly string[]>>;
  readonly covariance?: CovarianceKind;
  readonly confidenceLevel?: number;
}

/** A fitted model. Coefficients are in the covariates' own units. */
export interface ParametricFit {
  readonly distribution: Distribution;
  readonly blocks: readonly PredictorBlock[];
  readonly coefficients: readonly Coefficient[];
  readonly estimates: Float64Array;
  /** Covariance of the estimates, row-major: of the kind that was asked for. */
  readonly covariance: Float64Array;
  readonly covarianceKind: CovarianceKind;
  /** R's scale, the factor of W in log T = location + scale · W: 1 for the exponential; null where it varies or does not exist. */
  readonly scale: number | null;
  /** Rows of the table. */
  readonly rows: number;
  /** Samples, by weight: start-stop rows of one cluster that go on from each other are one. */
  readonly samples: number;
  readonly events: number;
  /** The last time at which anything was observed: predictions beyond it extrapolate. */
  readonly lastObservedTime: number;
  readonly logLikelihood: number;
  /** Log likelihood of the model without covariates. */
  readonly nullLogLikelihood: number;
  /** Against the model without covariates. */
  readonly likelihoodRatio: LikelihoodTest;
  readonly wald: LikelihoodTest;
  readonly aic: number;
  readonly aicc: number;
  /**
   * -2 logLikelihood + coefficients · log(samples); R's `survreg`, which takes no start-stop rows, counts rows: the
   * same with unit weights.
   */
  readonly bic: number;
  /** Harrell's C of the first parameter's predictor; null with interval-censored rows or where no pair can be compared. */
  readonly concordance: number | null;
  readonly confidenceLevel: number;
  readonly iterations: number;
  /** What a reader of the figures should know, in plain words. */
  readonly warnings: readonly string[];
}

/**
 * Maximum likelihood fit of any distribution, by Newton's method on covariates that are centred, scaled and, where
 * they are correlated, made orthogonal inside; standard errors from the observed information, or robust.
 * @throws InputError if there is no failure, if times do not vary or (of models of log time) are 0, or if a covariate
 * is constant, collinear or separated.
 */
export function fitParametric(table: SurvivalTable, options: ParametricOptions): ParametricFit {
  const {
    distribution,
    ancillary = {},
    covariance: covarianceKind = 'model',
    penalizer = 0,
    confidenceLevel = 0.95,
  } = options;
  const covariates = options.covariates ?? Object.keys(table.covariates);
  requireFailures(table);
  requireUsableTimes(table, distribution);
  if (distribution.parameters.some(({ name }) => name === 'scale')) requireVaryingTimes(table, distribution);
  const designs = designsOf(table, distribution, covariates, ancillary);
  const blocks = blocksOf(distribution, designs);

  const start = startValues(table, distribution, designs);
  const nullFit = once(() => fitWithoutCovariates(table, distribution, start.bare));
  // A mistake in the table is told as such, not as one of the covariates; a long table has been tried on some of its rows.
  if (start.full === null) nullFit();

  const full = likelihood(table, distribution, designs);
  const intercepts = () => {
    const beta = new Float64Array(full.coefficients);
    blocks.forEach(({ offset }, j) => {
      beta[offset] = nullFit().beta[j];
    });
    return beta;
  };
  const samples = sampleWeight(table);
  const penalised = blocks.map(({ offset }, j) => ({ offset, rows: standardisedRows(designs[j], 1) }));
  const maximiseFrom = (beta: Float64Array) => maximisePenalised(full.evaluate, beta, penalised, options, samples);
  const first = maximiseFrom(start.full ?? intercepts());
  const maximum = first.converged || start.full === null ? first : maximiseFrom(intercepts());
  requireFiniteMaximum(maximum, blocks, designs);

  const size = full.coefficients;
  const inverse = inverseInformation(maximum.hessian, size);
  const internal = covarianceKind === 'robust' ? sandwich(table, full.scores(maximum.beta), inverse, size) : inverse;
  const toOwn = blockDiagonal(designs, blocks, size);
  const estimates = multiplyVector(toOwn, size, maximum.beta);
  const covariance = congruence(toOwn, internal, size);
  const logLikelihood = penalizer === 0 ? maximum.value : full.evaluate(maximum.beta).value;
  const minusTwo = -2 * logLikelihood;
  const aic = minusTwo + 2 * size;
  const agreement = once(() => harrell(table, distribution, blocks[0], estimates));
  return {
    distribution,
    blocks,
    coefficients: coefficientTable(blocks, estimates, covariance, confidenceLevel),
    estimates,
    covariance,
    covarianceKind,
    scale: scaleOf(distribution, blocks, estimates),
    rows: table.rows,
    samples,
    events: failedWeight(table),
    lastObservedTime: lastObservedTime(table),
    logLikelihood,
    get nullLogLikelihood() {
      return nullFit().value;
    },
    get likelihoodRatio() {
      return likelihoodRatioTest(logLikelihood, nullFit().value, size - distribution.parameters.length);
    },
    wald: waldTest(
      blocks.flatMap(({ offset, covariates: names }) => names.map((_, k) => offset + 1 + k)),
      estimates,
      covariance,
    ),
    aic,
    aicc: aic + (2 * size * (size + 1)) / Math.max(samples - size - 1, 0),
    bic: minusTwo + size * Math.log(samples),
    get concordance() {
      return agreement();
    },
    confidenceLevel,
    iterations: maximum.iterations,
    warnings: fitWarnings(table, size - distribution.parameters.length),
  };
}

/** Concordance and the model without covariates take a long table as long as the fit: they are computed where somebody asks. */
function once<T>(compute: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => {
    result ??= { value: compute() };
    return result.value;
  };
}

function fitWithoutCovariates(table: SurvivalTable, distribution: Distribution, start: Float64Array): Maximum {
  const intercept = designMatrix(table, []);
  const designs = distribution.parameters.map(() => intercept);
  const maximum = maximise(likelihood(table, distribution, designs).evaluate, start);
  requireFiniteMaximum(maximum, blocksOf(distribution, designs), []);
  return maximum;
}

function designsOf(
  table: SurvivalTable,
  distribution: Distribution,
  covariates: readonly string[],
  ancillary: Readonly<Record<string, readonly string[]>>,
): DesignMatrix[] {
  const further = distribution.parameters.slice(1).map(({ name }) => name);
  for (const name of Object.keys(ancillary)) {
    if (!further.includes(name)) {
      throw new InputError(
        `${distribution.name} has no ancillary parameter "${name}"; it has: ${further.join(', ') || 'none'}`,
      );
    }
  }
  return [designMatrix(table, covariates), ...further.map((name) => designMatrix(table, ancillary[name] ?? []))];
}

function blockDiagonal(
  designs: readonly DesignMatrix[],
  blocks: readonly PredictorBlock[],
  size: number,
): Float64Array {
  const result = new Float64Array(size * size);
  designs.forEach(({ toOwn, columns }, j) => {
    for (let a = 0; a < columns; a++) {
      for (let b = 0; b < columns; b++) {
        result[(blocks[j].offset + a) * size + blocks[j].offset + b] = toOwn[a * columns + b];
      }
    }
  });
  return result;
}

function scaleOf(
  distribution: Distribution,
  blocks: readonly PredictorBlock[],
  estimates: Float64Array,
): number | null {
  if (!distribution.acceleratedFailureTime) return null;
  if (distribution.parameters.length === 1) return 1;
  const block = blocks.find(({ parameter }) => parameter === 'scale');
  return block && block.covariates.length === 0 ? Math.exp(estimates[block.offset]) : null;
}

function harrell(
  table: SurvivalTable,
  distribution: Distribution,
  block: PredictorBlock,
  estimates: Float64Array,
): number | null {
  for (let i = 0; i < table.rows; i++) if (!isExact(table, i) && hasFailed(table, i)) return null;
  const sign = distribution.acceleratedFailureTime ? 1 : -1;
  const prediction = new Float64Array(table.rows);
  block.covariates.forEach((name, k) => {
    const slope = sign * estimates[block.offset + 1 + k];
    const values = table.covariates[name];
    for (let i = 0; i < table.rows; i++) prediction[i] += slope * values[i];
  });
  const value = concordance(table, prediction).concordance;
  return Number.isNaN(value) ? null : value;
}
