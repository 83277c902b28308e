import { addCrossProducts, predictRows, STRETCH } from './columnProducts.ts';
import type { DesignMatrix } from './designMatrix.ts';
import { type Derivatives, type Distribution, derivatives } from './distributions/distribution.ts';
import { log1mexp } from './specialFunctions.ts';
import { isExact, type SurvivalTable } from './table.ts';

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
  const offsets = designs.map((_, j) => designs.slice(0, j).reduce((sum, design) => sum + design.columns, 0));
  const coefficients = offsets[parameters - 1] + designs[parameters - 1].columns;
  const contribution = rowContribution(table, distribution);
  const theta = new Float64Array(parameters);
  const row = derivatives(parameters);
  const predictors = designs.map(() => new Float64Array(STRETCH));
  const first = designs.map(() => new Float64Array(STRETCH));
  const second = designs.map(() => designs.map(() => new Float64Array(STRETCH)));

  /** The linear predictors of the rows from `start` on. */
  function predict(start: number, rows: number, beta: Float64Array): void {
    designs.forEach((design, j) => {
      predictRows(design, beta, offsets[j], start, rows, predictors[j]);
    });
  }

  /** Sum of the rows' log likelihoods, with their derivatives by the predictors times their weights in `first` and `second`. */
  function contributions(start: number, rows: number): number {
    let sum = 0;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < parameters; j++) theta[j] = predictors[j][i];
      contribution(start + i, theta, row);
      const weight = table.weights[start + i];
      sum += weight * row.value;
      for (let j = 0; j < parameters; j++) {
        first[j][i] = weight * row.gradient[j];
        for (let l = 0; l <= j; l++) second[j][l][i] = weight * row.hessian[j * parameters + l];
      }
    }
    return sum;
  }

  function evaluate(beta: Float64Array): Evaluation {
    let value = 0;
    const gradient = new Float64Array(coefficients);
    const hessian = new Float64Array(coefficients * coefficients);
    for (let start = 0; start < table.rows; start += STRETCH) {
      const rows = Math.min(STRETCH, table.rows - start);
      predict(start, rows, beta);
      value += contributions(start, rows);
      for (let j = 0; j < parameters; j++) {
        const design = designs[j];
        // Column 0 is 1 in every row.
        addCrossProducts(design, 1, design, first[j], start, rows, false, gradient, offsets[j], coefficients);
        // The lower triangle; the rest is copied below.
        for (let l = 0; l <= j; l++) {
          const origin = offsets[j] * coefficients + offsets[l];
          const weights = second[j][l];
          addCrossProducts(
            design,
            design.columns,
            designs[l],
            weights,
            start,
            rows,
            j === l,
            hessian,
            origin,
            coefficients,
          );
        }
      }
    }
    for (let a = 0; a < coefficients; a++) {
      for (let b = 0; b < a; b++) hessian[b * coefficients + a] = hessian[a * coefficients + b];
    }
    return { value, gradient, hessian };
  }

  function scores(beta: Float64Array): Float64Array {
    const result = new Float64Array(table.rows * coefficients);
    for (let start = 0; start < table.rows; start += STRETCH) {
      const rows = Math.min(STRETCH, table.rows - start);
      predict(start, rows, beta);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < parameters; j++) theta[j] = predictors[j][i];
        contribution(start + i, theta, row);
        for (let j = 0; j < parameters; j++) {
          const { matrix, columns } = designs[j];
          const from = (start + i) * columns;
          const to = (start + i) * coefficients + offsets[j];
          for (let c = 0; c < columns; c++) result[to + c] = row.gradient[j] * matrix[from + c];
        }
      }
    }
    return result;
  }

  return { coefficients, evaluate, scores };
}

/** The log likelihood of row i and its derivatives by theta, written to `out`. */
export function rowContribution(
  table: SurvivalTable,
  distribution: Distribution,
): (row: number, theta: ArrayLike<number>, out: Derivatives) => void {
  const { lower, upper, entry } = table;
  const logLower = new Float64Array(table.rows);
  for (let i = 0; i < table.rows; i++) logLower[i] = Math.log(lower[i]);
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
