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

  function predict(i: number, beta: Float64Array): void {
    for (let j = 0; j < parameters; j++) {
      const { matrix, columns } = designs[j];
      let sum = 0;
      for (let c = 0; c < columns; c++) sum += matrix[i * columns + c] * beta[offsets[j] + c];
      theta[j] = sum;
    }
  }

  function evaluate(beta: Float64Array): Evaluation {
    let value = 0;
    const gradient = new Float64Array(coefficients);
    const hessian = new Float64Array(coefficients * coefficients);
    for (let i = 0; i < table.rows; i++) {
      predict(i, beta);
      contribution(i, theta, row);
      const weight = table.weights[i];
      value += weight * row.value;
      for (let j = 0; j < parameters; j++) {
        addScaled(gradient, offsets[j], designs[j], i, 0, weight * row.gradient[j]);
        for (let l = j; l < parameters; l++) {
          const { matrix, columns } = designs[j];
          const second = weight * row.hessian[j * parameters + l];
          for (let a = 0; a < columns; a++) {
            // The upper triangle only; the rest is copied below.
            const at = (offsets[j] + a) * coefficients + offsets[l];
            addScaled(hessian, at, designs[l], i, j === l ? a : 0, second * matrix[i * columns + a]);
          }
        }
      }
    }
    for (let a = 0; a < coefficients; a++) {
      for (let b = 0; b < a; b++) hessian[a * coefficients + b] = hessian[b * coefficients + a];
    }
    return { value, gradient, hessian };
  }

  function scores(beta: Float64Array): Float64Array {
    const result = new Float64Array(table.rows * coefficients);
    for (let i = 0; i < table.rows; i++) {
      predict(i, beta);
      contribution(i, theta, row);
      for (let j = 0; j < parameters; j++) {
        const { matrix, columns } = designs[j];
        for (let c = 0; c < columns; c++) {
          result[i * coefficients + offsets[j] + c] = row.gradient[j] * matrix[i * columns + c];
        }
      }
    }
    return result;
  }

  return { coefficients, evaluate, scores };
}

/** target[at + c] += factor · (row of the design)[c] for the columns c from `from` on: the innermost loop of every fit. */
function addScaled(
  target: Float64Array,
  at: number,
  { matrix, columns }: DesignMatrix,
  row: number,
  from: number,
  factor: number,
): void {
  const start = row * columns;
  for (let c = from; c < columns; c++) target[at + c] += factor * matrix[start + c];
}

/** The log likelihood of row i and its derivatives by theta, written to `out`. */
export function rowContribution(
  table: SurvivalTable,
  distribution: Distribution,
): (row: number, theta: ArrayLike<number>, out: Derivatives) => void {
  const { lower, upper, entry } = table;
  const logLower = lower.map(Math.log);
  const logUpper = upper.map(Math.log);
  const logEntry = entry.map(Math.log);
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
      distribution.logSurvival(upper[row], logUpper[row], theta, second);
      logDifference(first, second, out);
    }
    if (entry[row] > 0) {
      distribution.logSurvival(entry[row], logEntry[row], theta, first);
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
