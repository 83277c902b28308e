import { InputError } from '../../base/errors.ts';
import type { Distribution, TimeSummary } from './distributions/distribution.ts';
import { cholesky, choleskyInverse } from './numerics/linearAlgebra.ts';
import type { Maximum } from './numerics/newton.ts';
import { type DesignMatrix, type PredictorBlock, quote } from './table/designMatrix.ts';
import { failedWeight, hasFailed, isExact, lastObservedTime, type SurvivalTable, totalWeight } from './table/table.ts';
import { sampleWeight } from './table/wholeSamples.ts';

/** @throws InputError if nothing failed: the likelihood then grows for ever with the time to failure. */
export function requireFailures(table: SurvivalTable): void {
  if (failedWeight(table) > 0) return;
  throw new InputError(
    `no failure among the ${totalWeight(table)} samples (${table.rows} rows): every one is right-censored, so no model of the time to failure can be fitted`,
  );
}

/** @throws InputError where a model of log time meets times of 0, or nothing was observed for any time. */
export function requireUsableTimes(table: SurvivalTable, { name, acceleratedFailureTime }: Distribution): void {
  if (lastObservedTime(table) === 0)
    throw new InputError(`every time is 0: a ${name} model needs times that something survived`);
  if (!acceleratedFailureTime) return;
  // Rows that failed somewhere in (0, upper] have an upper bound to take the logarithm of.
  let rows = 0;
  for (let i = 0; i < table.rows; i++) if (table.lower[i] === 0 && (isExact(table, i) || !hasFailed(table, i))) rows++;
  if (rows === 0) return;
  throw new InputError(
    `${rows} ${rows === 1 ? 'row has' : 'rows have'} time 0, which has no logarithm: the ${name} distribution is a model of log time; leave ${rows === 1 ? 'it' : 'them'} out, or use cox, gompertz or piecewise-exponential`,
  );
}

/** @throws InputError if all failures are at one time that nobody outlived: a scale would run to 0. */
export function requireVaryingTimes(table: SurvivalTable, distribution: Distribution): void {
  let time: number | null = null;
  for (let i = 0; i < table.rows; i++) {
    if (!isExact(table, i)) continue;
    if (time !== null && table.lower[i] !== time) return;
    time = table.lower[i];
  }
  if (time === null) return;
  for (let i = 0; i < table.rows; i++) if (table.lower[i] > time || table.upper[i] < time) return;
  throw new InputError(
    `durations do not vary: every failure is at ${time} and nothing was observed longer, so the scale of the ${distribution.name} distribution cannot be estimated (the exponential has none)`,
  );
}

/** Mean and spread of the log times, and failures per unit of time; an interval counts by its middle. */
export function timeSummary(table: SurvivalTable): TimeSummary {
  const total = totalWeight(table);
  const time = (i: number) =>
    isExact(table, i) || !hasFailed(table, i) ? table.lower[i] : (table.lower[i] + table.upper[i]) / 2;
  let logMean = 0;
  let exposure = 0;
  for (let i = 0; i < table.rows; i++) {
    logMean += (table.weights[i] / total) * Math.log(time(i));
    exposure += table.weights[i] * (time(i) - Math.min(table.entry[i], 0.99 * time(i)));
  }
  let variance = 0;
  for (let i = 0; i < table.rows; i++) variance += (table.weights[i] / total) * (Math.log(time(i)) - logMean) ** 2;
  return { logMean, logDeviation: Math.sqrt(variance), failureRate: failedWeight(table) / exposure };
}

/**
 * Standard errors beyond this, on columns of unit variance and in units of log time, mean that the likelihood only flattens
 * and has no maximum: real ones are below 100 even with a single failure.
 */
const BOUNDLESS = 1e4;

/** A shape, or the logarithm of one, that a search has driven so far out would have gone on. */
const RUNAWAY = 10;

/** A search that has not ended at this log(scale) is on its way to a scale of 0. */
const VANISHING = -10;

/**
 * @throws InputError naming the covariates along which the likelihood has no finite maximum, or saying that the scale runs to
 * 0 because the covariates reproduce the failure times.
 */
export function requireFiniteMaximum(
  maximum: Maximum,
  blocks: readonly PredictorBlock[],
  designs: readonly DesignMatrix[],
): void {
  const size = maximum.beta.length;
  const scale = blocks.find(({ parameter }) => parameter === 'scale');
  if (scale !== undefined && !maximum.converged && maximum.beta[scale.offset] < VANISHING) {
    throw new InputError(
      `covariates ${quote(blocks[0].covariates)} reproduce the failure times exactly: the scale runs to 0; use fewer covariates or more failures`,
    );
  }
  const factor = cholesky(
    maximum.hessian.map((value) => -value),
    size,
  );
  const inverse = factor && choleskyInverse(factor, size);
  const unit = scale === undefined ? 1 : Math.max(1, Math.exp(maximum.beta[scale.offset]));
  const blockOf = (j: number) => blocks.findLastIndex(({ offset }) => offset <= j);
  const boundless = (j: number) =>
    !blocks[blockOf(j)].perTime && (inverse === null || !(Math.sqrt(inverse[j * (size + 1)]) < BOUNDLESS * unit));
  const failed = maximum.beta.some((_, j) => boundless(j));
  if (maximum.converged && !failed) return;
  if (inverse === null) {
    const runaway = blocks
      .slice(1)
      .find((block) => block !== scale && !block.perTime && Math.abs(maximum.beta[block.offset]) > RUNAWAY);
    throw runaway ? undetermined(runaway) : noMaximum(blocks, designs, maximum.beta, maximum.iterations);
  }
  const variance = (j: number) => inverse[j * (size + 1)];
  const flattest = maximum.beta.reduce((worst, _, j) => (variance(j) > variance(worst) ? j : worst), 0);
  const block = blocks[blockOf(flattest)];
  if (block !== blocks[0] && flattest === block.offset) throw undetermined(block);
  throw noMaximum(blocks, designs, inverse.slice(flattest * size, (flattest + 1) * size), maximum.iterations);
}

function undetermined({ parameter }: PredictorBlock): InputError {
  return new InputError(
    `parameter "${parameter}" has no finite estimate: the failures do not determine it; try a distribution without it`,
  );
}

/** Names the covariates that move along a direction in which the likelihood does not end. */
function noMaximum(
  blocks: readonly PredictorBlock[],
  designs: readonly DesignMatrix[],
  direction: Float64Array,
  iterations: number,
): InputError {
  const named = blocks.flatMap((block, b) => namesAlong(block, designs[b], direction));
  return new InputError(
    named.length > 0
      ? `covariates ${quote(named)} have no finite estimate: they separate failures from survivors (a group without failures?); merge or leave out such a group, or give a penalizer`
      : `the fit did not converge after ${iterations} steps; try another distribution, or a penalizer`,
  );
}

/** Covariates of a block that move by more than a tenth of the largest move, in standard deviations. */
function namesAlong(block: PredictorBlock, design: DesignMatrix | undefined, direction: Float64Array): string[] {
  if (design === undefined) return [];
  const { columns, toOwn, deviations } = design;
  // 1 with an intercept, else 0.
  const lead = columns - block.covariates.length;
  const moves = block.covariates.map((_, k) => {
    let coefficient = 0;
    for (let c = 0; c < columns; c++) coefficient += toOwn[(k + lead) * columns + c] * direction[block.offset + c];
    return Math.abs(coefficient * deviations[k + lead]);
  });
  const largest = moves.reduce((most, move) => Math.max(most, move), 0);
  return block.covariates.filter((_, k) => largest > 0 && moves[k] > 0.1 * largest);
}

/** What weakens a fit without making it wrong. */
export function fitWarnings(table: SurvivalTable, covariates: number): string[] {
  const failed = failedWeight(table);
  const total = sampleWeight(table);
  const warnings: string[] = [];
  if (covariates > 0 && failed / covariates < 10) {
    warnings.push(
      `${failed} failures for ${covariates} covariates: fewer than 10 for each, so estimates and intervals are rough`,
    );
  }
  if (failed < 0.2 * total) {
    warnings.push(
      `${(100 * (1 - failed / total)).toFixed(1)}% of the samples are censored: times beyond the last observation are extrapolated`,
    );
  }
  return warnings;
}
