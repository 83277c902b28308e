import { OVERHANG } from './columnProducts.ts';
import type { DesignMatrix } from './designMatrix.ts';
import type { Evaluation } from './likelihood.ts';
import { isExact, type SurvivalTable } from './table.ts';

/** How failures at one time are taken: Efron's mean over their orders, or Breslow's all from one risk set. */
export type Ties = 'efron' | 'breslow';

/** One time of failure in one stratum, with the sums that the estimates of Cox's model are made of. */
export interface FailureTime {
  readonly stratum: number;
  readonly time: number;
  /** Rows that fail at this time. */
  readonly failures: readonly number[];
  /** Weight of the failures. */
  readonly weight: number;
  /** Increment of the cumulative baseline hazard, for the covariates' means. */
  readonly hazard: number;
  /** Mean of the covariates over the risk set, weighted by their hazards, in their own units. */
  readonly mean: Float64Array;
}

/** Rows of one stratum by descending times of exit and of entry. */
interface Stratum {
  readonly byExit: readonly number[];
  readonly byEntry: readonly number[];
}

export interface PartialLikelihood {
  evaluate(beta: Float64Array): Evaluation;
  /** Every failure time, ascending within each stratum. */
  failureTimes(beta: Float64Array): FailureTime[];
}

/**
 * Cox's log partial likelihood (Cox 1975) over the columns 1, 2, ... of a design matrix; with strata, a sum over them. Weights
 * are frequencies: Efron's correction sees each failure that a row stands for.
 */
export function partialLikelihood(
  table: SurvivalTable,
  design: DesignMatrix,
  strata: Int32Array,
  ties: Ties,
): PartialLikelihood {
  const size = design.columns - 1;
  const matrix = withoutIntercept(design);
  const groups = stratify(table, strata);

  function sweep(beta: Float64Array, visit: ((at: FailureTime) => void) | null): Evaluation {
    const { hazards, predictors } = relativeHazards(table, matrix, beta);
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    let value = 0;
    groups.forEach(({ byExit, byEntry }, stratum) => {
      const risk = moments(size);
      let entry = 0;
      for (let start = 0; start < byExit.length; ) {
        const time = table.lower[byExit[start]];
        let end = start;
        while (end < byExit.length && table.lower[byExit[end]] === time) end++;
        const now = byExit.slice(start, end);
        start = end;
        for (const row of now) addMoments(risk, matrix, row, hazards[row]);
        for (; entry < byEntry.length && table.entry[byEntry[entry]] >= time; entry++) {
          addMoments(risk, matrix, byEntry[entry], -hazards[byEntry[entry]]);
        }
        const failures = now.filter((row) => isExact(table, row));
        if (failures.length === 0) continue;
        const tied = moments(size);
        let weight = 0;
        for (const row of failures) {
          addMoments(tied, matrix, row, hazards[row]);
          weight += table.weights[row];
          value += table.weights[row] * predictors[row];
          for (let a = 0; a < size; a++) {
            gradient[a] += table.weights[row] * matrix[row * size + a];
          }
        }
        // Breslow: one term of this weight; Efron: a term for each failure, with more and more of the tied ones gone.
        const terms = ties === 'efron' ? Math.round(weight) : 1;
        const mean = new Float64Array(size);
        let hazard = 0;
        for (let term = 0; term < terms; term++) {
          const gone = term / terms;
          const share = weight / terms;
          const total = risk.zeroth - gone * tied.zeroth;
          value -= share * Math.log(total);
          hazard += share / total;
          const first = risk.first.map((sum, a) => (sum - gone * tied.first[a]) / total);
          for (let a = 0; a < size; a++) {
            gradient[a] -= share * first[a];
            mean[a] += first[a] / terms;
            for (let b = 0; b <= a; b++) {
              const second = (risk.second[a * size + b] - gone * tied.second[a * size + b]) / total;
              hessian[a * size + b] -= share * (second - first[a] * first[b]);
            }
          }
        }
        visit?.({ stratum, time, failures, weight, hazard, mean });
      }
    });
    for (let a = 0; a < size; a++) {
      for (let b = a + 1; b < size; b++) hessian[a * size + b] = hessian[b * size + a];
    }
    return { value, gradient, hessian };
  }

  return {
    evaluate: (beta) => sweep(beta, null),
    failureTimes(beta) {
      const times: FailureTime[] = [];
      // The sweep divides hazards by their largest, so that they cannot overflow; undone here.
      const { largest } = relativeHazards(table, matrix, beta);
      sweep(beta, (at) =>
        times.push({ ...at, hazard: at.hazard * Math.exp(-largest), mean: ownUnits(at.mean, design) }),
      );
      return times.sort((a, b) => a.stratum - b.stratum || a.time - b.time);
    },
  };
}

/** Values of the internal columns 1, 2, ... in the covariates' own units. */
function ownUnits(internal: Float64Array, { columns, fromInternal }: DesignMatrix): Float64Array {
  return internal.map((_, j) =>
    internal.reduce((sum, value, k) => sum + value * fromInternal[(k + 1) * columns + j + 1], fromInternal[j + 1]),
  );
}

function stratify(table: SurvivalTable, strata: Int32Array): Stratum[] {
  const members: number[][] = [];
  strata.forEach((stratum, row) => {
    members[stratum] ??= [];
    members[stratum].push(row);
  });
  return members.map((rows) => ({
    byExit: rows.slice().sort((a, b) => table.lower[b] - table.lower[a]),
    byEntry: rows.slice().sort((a, b) => table.entry[b] - table.entry[a]),
  }));
}

/** The columns from 1 on: rows × (columns - 1), row-major. */
function withoutIntercept({ matrix, columns }: DesignMatrix): Float64Array {
  const size = columns - 1;
  const rows = (matrix.length - OVERHANG) / columns;
  const slopes = new Float64Array(rows * size);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < size; j++) slopes[i * size + j] = matrix[i * columns + j + 1];
  }
  return slopes;
}

/** weight · exp(x beta - largest) of each row, and x beta - largest. */
function relativeHazards(
  table: SurvivalTable,
  matrix: Float64Array,
  beta: Float64Array,
): { hazards: Float64Array; predictors: Float64Array; largest: number } {
  const size = beta.length;
  const predictors = new Float64Array(table.rows);
  let largest = -Infinity;
  for (let i = 0; i < table.rows; i++) {
    let sum = 0;
    for (let a = 0; a < size; a++) sum += matrix[i * size + a] * beta[a];
    predictors[i] = sum;
    largest = Math.max(largest, sum);
  }
  const hazards = new Float64Array(table.rows);
  for (let i = 0; i < table.rows; i++) {
    predictors[i] -= largest;
    hazards[i] = table.weights[i] * Math.exp(predictors[i]);
  }
  return { hazards, predictors, largest };
}

/** Sums of h, h x and h x xᵀ (lower triangle) over a set of rows. */
interface Moments {
  zeroth: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function moments(size: number): Moments {
  return { zeroth: 0, first: new Float64Array(size), second: new Float64Array(size * size) };
}

function addMoments(sums: Moments, matrix: Float64Array, row: number, hazard: number): void {
  const size = sums.first.length;
  const offset = row * size;
  sums.zeroth += hazard;
  for (let a = 0; a < size; a++) {
    const factor = hazard * matrix[offset + a];
    sums.first[a] += factor;
    for (let b = 0; b <= a; b++) sums.second[a * size + b] += factor * matrix[offset + b];
  }
}
