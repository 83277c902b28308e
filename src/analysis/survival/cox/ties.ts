import type { ConditionalTerm } from './exactTies.ts';

/**
 * How failures at one time are taken: Efron's mean over their orders, Breslow's all from one risk set, or exact: as these out of all
 * sets of so many of those at risk (the conditional logistic likelihood, for times that are discrete).
 */
export type Ties = (typeof TIES)[number];

export const TIES = ['efron', 'breslow', 'exact'] as const;

/** Sums of h, h x and h x xᵀ (lower triangle) over a set of rows. */
export interface Moments {
  zeroth: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

export function moments(size: number): Moments {
  return { zeroth: 0, first: new Float64Array(size), second: new Float64Array(size * size) };
}

export function addMoments(sums: Moments, matrix: Float64Array, row: number, hazard: number): void {
  const size = sums.first.length;
  const offset = row * size;
  sums.zeroth += hazard;
  for (let a = 0; a < size; a++) {
    const factor = hazard * matrix[offset + a];
    sums.first[a] += factor;
    for (let b = 0; b <= a; b++) sums.second[a * size + b] += factor * matrix[offset + b];
  }
}

/** What the failures at one time add to the log partial likelihood and its derivatives. */
export interface Terms {
  readonly value: number;
  readonly hazard: number;
  readonly mean: Float64Array;
  readonly hazardMean: Float64Array;
  readonly goneHazard: number;
  readonly goneHazardMean: Float64Array;
  readonly information: Float64Array;
}

/** Breslow: one term of the failures' weight; Efron: a term for each failure, with more and more of the tied ones gone. */
export function tiedTerms(risk: Moments, tied: Moments, weight: number, ties: 'efron' | 'breslow'): Terms {
  const size = risk.first.length;
  const count = ties === 'efron' ? Math.round(weight) : 1;
  const share = weight / count;
  const [mean, hazardMean, goneHazardMean] = Array.from({ length: 3 }, () => new Float64Array(size));
  const information = new Float64Array(size * size);
  let value = 0;
  let hazard = 0;
  let goneHazard = 0;
  for (let term = 0; term < count; term++) {
    const gone = term / count;
    const total = risk.zeroth - gone * tied.zeroth;
    const increment = share / total;
    value += share * Math.log(total);
    hazard += increment;
    goneHazard += gone * increment;
    const first = risk.first.map((sum, a) => (sum - gone * tied.first[a]) / total);
    for (let a = 0; a < size; a++) {
      mean[a] += first[a] / count;
      hazardMean[a] += first[a] * increment;
      goneHazardMean[a] += gone * first[a] * increment;
      for (let b = 0; b <= a; b++) {
        const second = (risk.second[a * size + b] - gone * tied.second[a * size + b]) / total;
        information[a * size + b] += share * (second - first[a] * first[b]);
      }
    }
  }
  return { value, hazard, mean, hazardMean, goneHazard, goneHazardMean, information };
}

/** Exact ties: one term for all failures together. Its baseline is Breslow's. */
export function exactTies(term: ConditionalTerm, risk: Moments, weight: number): Terms {
  const hazard = weight / risk.zeroth;
  const mean = term.mean.map((sum) => sum / weight);
  return {
    value: term.logSum,
    hazard,
    mean,
    hazardMean: mean.map((value) => value * hazard),
    goneHazard: 0,
    goneHazardMean: new Float64Array(mean.length),
    information: term.covariance,
  };
}
