import type { Evaluation } from '../parametric/likelihood.ts';
import { type DesignMatrix, rowMajor } from '../table/designMatrix.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';
import { conditionalTerm } from './exactTies.ts';
import { addMoments, exactTies, moments, type Ties, tiedTerms } from './ties.ts';

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
  /** Mean of the covariates over the risk set, weighted by their hazards, in their own units; with Efron's ties the mean of means. */
  readonly mean: Float64Array;
  /** Sum over Efron's terms of hazard · mean of the term. */
  readonly hazardMean: Float64Array;
  /** `hazard` and `hazardMean`, each term times the share of the failures that it takes away; 0 but for Efron's ties. */
  readonly goneHazard: number;
  readonly goneHazardMean: Float64Array;
}

/** A failure time with its share of the information: a covariance matrix of the internal columns, lower triangle. */
export interface InformedFailureTime {
  readonly at: FailureTime;
  readonly information: Float64Array;
}

/** Rows of one stratum by descending times of exit and of entry. */
interface Stratum {
  readonly byExit: readonly number[];
  readonly byEntry: readonly number[];
}

export interface PartialLikelihood {
  evaluate(beta: Float64Array): Evaluation;
  /** Visits every failure time, descending within each stratum. */
  visitFailures(beta: Float64Array, visit: (failures: InformedFailureTime) => void): void;
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
  const matrix = rowMajor(design, 1);
  const groups = stratify(table, strata);

  function sweep(beta: Float64Array, visit: ((failures: InformedFailureTime) => void) | null): Evaluation {
    const { hazards, predictors } = relativeHazards(table, matrix, beta);
    const gradient = new Float64Array(size);
    const hessian = new Float64Array(size * size);
    let value = 0;
    groups.forEach(({ byExit, byEntry }, stratum) => {
      const risk = moments(size);
      const atRisk = new Set<number>();
      let entry = 0;
      for (let start = 0; start < byExit.length; ) {
        const time = table.lower[byExit[start]];
        let end = start;
        while (end < byExit.length && table.lower[byExit[end]] === time) end++;
        const now = byExit.slice(start, end);
        start = end;
        for (const row of now) {
          addMoments(risk, matrix, row, hazards[row]);
          atRisk.add(row);
        }
        for (; entry < byEntry.length && table.entry[byEntry[entry]] >= time; entry++) {
          addMoments(risk, matrix, byEntry[entry], -hazards[byEntry[entry]]);
          atRisk.delete(byEntry[entry]);
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
        const {
          value: logSum,
          information,
          ...sums
        } = ties === 'exact' && weight > 1
          ? exactTies(conditionalTerm(repeated(atRisk, table.weights), weight, predictors, matrix, size), risk, weight)
          : tiedTerms(risk, tied, weight, ties === 'efron' ? 'efron' : 'breslow');
        value -= logSum;
        for (let a = 0; a < size; a++) gradient[a] -= weight * sums.mean[a];
        for (let k = 0; k < size * size; k++) hessian[k] -= information[k];
        visit?.({ at: { ...sums, stratum, time, failures, weight }, information });
      }
    });
    for (let a = 0; a < size; a++) {
      for (let b = a + 1; b < size; b++) hessian[a * size + b] = hessian[b * size + a];
    }
    return { value, gradient, hessian };
  }

  return {
    evaluate: (beta) => sweep(beta, null),
    visitFailures(beta, visit) {
      // The sweep divides hazards by their largest, so that they cannot overflow; undone here.
      const factor = Math.exp(-relativeHazards(table, matrix, beta).largest);
      sweep(beta, ({ at, information }) =>
        visit({
          at: {
            ...at,
            hazard: at.hazard * factor,
            mean: ownUnits(at.mean, 1, design),
            hazardMean: ownUnits(at.hazardMean, at.hazard, design).map((value) => value * factor),
            goneHazard: at.goneHazard * factor,
            goneHazardMean: ownUnits(at.goneHazardMean, at.goneHazard, design).map((value) => value * factor),
          },
          information,
        }),
      );
    },
  };
}

/** Failure times of each stratum, in their order. */
export function failureTimesByStratum(failureTimes: readonly FailureTime[], strata: number): FailureTime[][] {
  const result: FailureTime[][] = Array.from({ length: strata }, () => []);
  for (const at of failureTimes) result[at.stratum].push(at);
  return result;
}

/** A sum of rows of the internal columns 1, 2, ..., of this total weight, in the covariates' own units. */
function ownUnits(internal: Float64Array, weight: number, { columns, fromInternal }: DesignMatrix): Float64Array {
  return internal.map((_, j) =>
    internal.reduce(
      (sum, value, k) => sum + value * fromInternal[(k + 1) * columns + j + 1],
      weight * fromInternal[j + 1],
    ),
  );
}

/** Each row as many times as its weight. */
function repeated(rows: Iterable<number>, weights: Float64Array): number[] {
  return Array.from(rows).flatMap((row) => Array<number>(weights[row]).fill(row));
}

function stratify(table: SurvivalTable, strata: Int32Array): Stratum[] {
  const members: number[][] = [];
  strata.forEach((stratum, row) => {
    members[stratum] ??= [];
    members[stratum].push(row);
  });
  return members.map((rows) => ({
    byExit: rows.slice().sort(laterFirst(table.lower)),
    byEntry: rows.slice().sort(laterFirst(table.entry)),
  }));
}

/** Also of infinite times. */
const laterFirst = (times: Float64Array) => (a: number, b: number) => (times[a] === times[b] ? 0 : times[b] - times[a]);

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
