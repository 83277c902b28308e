import {
  type ContributionPlaces,
  type Derivatives,
  type Distribution,
  derivatives,
  type PlainRows,
} from '../distributions/distribution.ts';
import { STRETCH } from '../numerics/columnKernels.ts';
import { log1mexp } from '../numerics/specialFunctions.ts';
import { addProducts, combineColumns, filledUp, layout, scratch, writeColumns } from '../numerics/stretch.ts';
import type { DesignMatrix } from '../table/designMatrix.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';

/** A function of the coefficients with its first two derivatives. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
  /** coefficients × coefficients, row-major, stored in full. */
  readonly hessian: Float64Array;
}

/** The log likelihood of a table under a distribution whose parameters are linear predictors, one design matrix each. */
export interface Likelihood {
  readonly coefficients: number;
  evaluate(beta: Float64Array): Evaluation;
  /** Gradient of each row's contribution for one unit of its weight: rows × coefficients, row-major. */
  scores(beta: Float64Array): Float64Array;
}

/**
 * A row contributes log f(t) if its time is exact, log S(lower) if right-censored, log(S(lower) - S(upper)) if interval- or
 * left-censored; with delayed entry, less log S(entry).
 */
export function likelihood(
  table: SurvivalTable,
  distribution: Distribution,
  designs: readonly DesignMatrix[],
): Likelihood {
  const parameters = distribution.parameters.length;
  const logTimes = table.lower.map(Math.log);
  const plain = plainRows(table, logTimes);
  const contribution = rowContribution(table, distribution, logTimes);
  const theta = new Float64Array(parameters);
  const row = derivatives(parameters);
  const workspace = workspaceOf(designs);
  const { coefficients, offsets, places, blocks, ones, factors, predictors, first, second, lines, entries } = workspace;
  const { gradients, hessians } = workspace;

  /** The designs' rows from `start` on, and their linear predictors, whose factors are in the memory. */
  function predict(start: number, rows: number): void {
    designs.forEach((design, j) => {
      writeColumns(design, start, rows, blocks[j]);
      combineColumns(blocks[j], factors + offsets[j], predictors[j], rows);
    });
  }

  /** Sum of the rows' log likelihoods; their derivatives go to the memory. */
  function contributions(start: number, count: number, memory: Float64Array): number {
    const sum =
      plain !== null && distribution.sumRows !== undefined
        ? distribution.sumRows(plain, start, count, memory, lines)
        : contributionsByRow(start, count, memory);
    for (const at of lines.gradient) memory.fill(0, at + count, at + filledUp(count));
    for (const at of lines.hessian) memory.fill(0, at + count, at + filledUp(count));
    return sum;
  }

  function contributionsByRow(start: number, count: number, memory: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < parameters; j++) theta[j] = memory[lines.predictors[j] + i];
      contribution(start + i, theta, row);
      const weight = table.weights[start + i];
      sum += weight * row.value;
      for (let j = 0; j < parameters; j++) memory[lines.gradient[j] + i] = weight * row.gradient[j];
      for (let k = 0; k < entries.length; k++) memory[lines.hessian[k] + i] = weight * row.hessian[entries[k]];
    }
    return sum;
  }

  function evaluate(beta: Float64Array): Evaluation {
    const memory = scratch(places.size);
    memory.set(beta, factors);
    for (const { at, rows, stride } of [...gradients, ...hessians.flat()]) memory.fill(0, at, at + rows * stride);
    let value = 0;
    for (let start = 0; start < table.rows; start += STRETCH) {
      const rows = Math.min(STRETCH, table.rows - start);
      predict(start, rows);
      value += contributions(start, rows, memory);
      blocks.forEach((block, j) => {
        addProducts(ones[j], block, first[j], rows, gradients[j]);
        for (let l = 0; l <= j; l++) addProducts(block, blocks[l], second[j][l], rows, hessians[j][l], j === l);
      });
    }
    return { value, ...collected(workspace, memory) };
  }

  function scores(beta: Float64Array): Float64Array {
    const result = new Float64Array(table.rows * coefficients);
    const memory = scratch(places.size);
    memory.set(beta, factors);
    for (let start = 0; start < table.rows; start += STRETCH) {
      const rows = Math.min(STRETCH, table.rows - start);
      predict(start, rows);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < parameters; j++) theta[j] = memory[lines.predictors[j] + i];
        contribution(start + i, theta, row);
        designs.forEach(({ columns }, j) => {
          const to = (start + i) * coefficients + offsets[j];
          for (let c = 0; c < columns; c++) result[to + c] = row.gradient[j] * memory[blocks[j].at + c * STRETCH + i];
        });
      }
    }
    return result;
  }

  return { coefficients, evaluate, scores };
}

/** Where a likelihood's columns, predictors and sums lie in the memory of the column kernels. */
function workspaceOf(designs: readonly DesignMatrix[]) {
  const parameters = designs.length;
  const offsets = designs.map((_, j) => designs.slice(0, j).reduce((sum, design) => sum + design.columns, 0));
  const coefficients = offsets[parameters - 1] + designs[parameters - 1].columns;
  const places = layout();
  const blocks = designs.map(({ columns }) => places.block(columns));
  const ones = blocks.map(({ at }) => ({ at, columns: 1 }));
  const factors = places.target(1, coefficients).at;
  const predictors = designs.map(() => places.block(1));
  /** Derivatives of the rows' contributions by the predictors, times their weights. */
  const first = designs.map(() => places.block(1));
  const second = designs.map((_, j) => designs.slice(0, j + 1).map(() => places.block(1)));
  const lines: ContributionPlaces = {
    predictors: Int32Array.from(predictors, ({ at }) => at),
    gradient: Int32Array.from(first, ({ at }) => at),
    hessian: Int32Array.from(second.flat(), ({ at }) => at),
  };
  const entries = Int32Array.from(second.flatMap((line, j) => line.map((_, l) => j * parameters + l)));
  const gradients = designs.map(({ columns }) => places.target(1, columns));
  const hessians = designs.map((design, j) =>
    designs.slice(0, j + 1).map(({ columns }) => places.target(design.columns, columns)),
  );
  return {
    coefficients,
    offsets,
    places,
    blocks,
    ones,
    factors,
    predictors,
    first,
    second,
    lines,
    entries,
    gradients,
    hessians,
  };
}

type Workspace = ReturnType<typeof workspaceOf>;

/** Gradient and Hessian from the sums in the memory. */
function collected(
  { coefficients, offsets, gradients, hessians }: Workspace,
  memory: Float64Array,
): Omit<Evaluation, 'value'> {
  const gradient = new Float64Array(coefficients);
  const hessian = new Float64Array(coefficients * coefficients);
  gradients.forEach(({ at, columns }, j) => {
    gradient.set(memory.subarray(at, at + columns), offsets[j]);
  });
  hessians.forEach((line, j) => {
    line.forEach(({ at, rows, columns, stride }, l) => {
      for (let a = 0; a < rows; a++) {
        for (let b = 0; b < (j === l ? a + 1 : columns); b++) {
          const [row, column] = [offsets[j] + a, offsets[l] + b];
          hessian[row * coefficients + column] = memory[at + a * stride + b];
          hessian[column * coefficients + row] = memory[at + a * stride + b];
        }
      }
    });
  });
  return { gradient, hessian };
}

/** The rows as a distribution takes them at once; null where one of them is left- or interval-censored, or entered late. */
function plainRows({ rows, lower, upper, entry, weights }: SurvivalTable, logTimes: Float64Array): PlainRows | null {
  const failed = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    if (entry[i] > 0 || (upper[i] !== lower[i] && upper[i] !== Infinity)) return null;
    failed[i] = upper[i] === Infinity ? 0 : 1;
  }
  return { logTimes, failed, weights };
}

/** The log likelihood of row i and its derivatives by theta, written to `out`. */
export function rowContribution(
  table: SurvivalTable,
  distribution: Distribution,
  logLower: Float64Array = table.lower.map(Math.log),
): (row: number, theta: ArrayLike<number>, out: Derivatives) => void {
  const { lower, upper, entry } = table;
  const parameters = distribution.parameters.length;
  const first = derivatives(parameters);
  const second = derivatives(parameters);

  return (row, theta, out) => {
    if (isExact(table, row)) {
      distribution.logDensity(lower[row], logLower[row], theta, out);
    } else if (upper[row] === Infinity) {
      distribution.logSurvival(lower[row], logLower[row], theta, out);
    } else {
      if (lower[row] > 0) distribution.logSurvival(lower[row], logLower[row], theta, first);
      else setZero(first);
      distribution.logSurvival(upper[row], Math.log(upper[row]), theta, second);
      logDifference(first, second, out);
    }
    if (entry[row] > 0) {
      distribution.logSurvival(entry[row], Math.log(entry[row]), theta, first);
      out.value -= first.value;
      for (let j = 0; j < parameters; j++) out.gradient[j] -= first.gradient[j];
      for (let j = 0; j < parameters * parameters; j++) out.hessian[j] -= first.hessian[j];
    }
  };
}

function setZero(target: Derivatives): void {
  target.value = 0;
  target.gradient.fill(0);
  target.hessian.fill(0);
}

/** log(exp(a) - exp(b)) with derivatives, for a > b. */
function logDifference(a: Derivatives, b: Derivatives, out: Derivatives): void {
  const gap = b.value - a.value;
  const size = a.gradient.length;
  out.value = a.value + log1mexp(gap);
  const shareA = -1 / Math.expm1(gap);
  const shareB = shareA - 1;
  for (let j = 0; j < size; j++) out.gradient[j] = shareA * a.gradient[j] - shareB * b.gradient[j];
  for (let j = 0; j < size; j++) {
    for (let l = 0; l < size; l++) {
      const k = j * size + l;
      out.hessian[k] =
        shareA * (a.hessian[k] + a.gradient[j] * a.gradient[l]) -
        shareB * (b.hessian[k] + b.gradient[j] * b.gradient[l]) -
        out.gradient[j] * out.gradient[l];
    }
  }
}
