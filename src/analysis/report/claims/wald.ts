import { normalQuantile, type ParametricFit, twoSidedP, waldTest } from '../../survival/index.ts';
import type { StudyFit } from '../lines/survival.ts';
import type { Condition } from '../rows/rows.ts';
import { conditionsWhere, profiles } from '../rows/studyTable.ts';
import type { ClaimPart } from './claim.ts';

/** A study of which a model of time ratios could be fitted. */
export interface Fitted extends StudyFit {
  readonly fit: ParametricFit;
}

/** What a linear combination multiplies each coefficient of the location with, by covariate. */
export type Direction = Readonly<Record<string, number>>;

/** An estimate of a logarithm, or of anything else that is nearly normal. */
export interface Wald {
  readonly value: number;
  readonly standardError: number;
}

/** A positive figure with its 95 % limits, as its logarithm, on whose scale they are taken to lie evenly; null where one is missing. */
export function logarithmOf({ value, lower, upper }: Limited): Wald | null {
  if (value === null || lower === null || upper === null) return null;
  return { value: Math.log(value), standardError: Math.log(upper / lower) / (2 * normalQuantile(0.975)) };
}

interface Limited {
  readonly value: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** A linear combination of the model's coefficients: the logarithm of a time ratio. */
export function contrast({ fit }: Fitted, direction: Direction): Wald {
  const vector = vectorOf(fit, direction);
  const size = vector.length;
  let [value, variance] = [0, 0];
  for (let i = 0; i < size; i++) {
    value += vector[i] * fit.estimates[i];
    for (let j = 0; j < size; j++) variance += vector[i] * vector[j] * fit.covariance[i * size + j];
  }
  return { value, standardError: Math.sqrt(Math.max(0, variance)) };
}

function vectorOf(fit: ParametricFit, direction: Direction): Float64Array {
  const [{ covariates, offset }] = fit.blocks;
  const vector = new Float64Array(fit.estimates.length);
  covariates.forEach((name, k) => {
    vector[offset + 1 + k] = direction[name] ?? 0;
  });
  return vector;
}

/** Wald's test that several directions are all 0. */
export function jointTest(
  { fit }: Fitted,
  directions: readonly Direction[],
): { statistic: number; degreesOfFreedom: number; p: number } {
  const vectors = directions.map((direction) => vectorOf(fit, direction));
  const size = fit.estimates.length;
  const values = Float64Array.from(vectors, (vector) => vector.reduce((sum, v, i) => sum + v * fit.estimates[i], 0));
  const covariance = new Float64Array(vectors.length ** 2);
  vectors.forEach((a, i) => {
    vectors.forEach((b, j) => {
      let sum = 0;
      for (let r = 0; r < size; r++)
        if (a[r] !== 0) for (let c = 0; c < size; c++) sum += a[r] * b[c] * fit.covariance[r * size + c];
      covariance[i * vectors.length + j] = sum;
    });
  });
  return waldTest([...vectors.keys()], values, covariance);
}

/** First direction less the second. */
export function difference(one: Direction, other: Direction): Direction {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, (one[name] ?? 0) - (other[name] ?? 0)]));
}

/** The mean of directions. */
export function meanDirection(directions: readonly Direction[]): Direction {
  const names = new Set(directions.flatMap((direction) => Object.keys(direction)));
  const mean = (name: string) => directions.reduce((sum, each) => sum + (each[name] ?? 0), 0) / directions.length;
  return Object.fromEntries([...names].map((name) => [name, mean(name)]));
}

/**
 * An attack at the strengths at which it was run: its dummy and the mean of its strengths, over its samples. Null where the model
 * does not know it.
 */
export function attackDirection(study: Fitted, holds: (condition: Condition) => boolean): Direction | null {
  const { modelled, covariates } = study;
  const chosen = conditionsWhere(modelled, holds);
  if (chosen.length === 0) return null;
  const { rows, weights } = profiles(modelled, covariates.columns, chosen);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const names = Object.keys(covariates.columns).filter((name) => /^(eps|pixels)$|^attack /.test(name));
  return Object.fromEntries(
    names.map((name) => [name, rows.reduce((sum, row, k) => sum + row[name] * weights[k], 0) / total]),
  );
}

/** P(Z > z): the p of a claim that the value lies above 0. */
export function oneSidedP({ value, standardError }: Wald): number {
  const p = twoSidedP(value / standardError) / 2;
  return value > 0 ? p : 1 - p;
}

/** The p of a value of 0. */
export const pOf = ({ value, standardError }: Wald): number => twoSidedP(value / standardError);

/** Limits at a two-sided level, 95 % unless given. */
export function limits({ value, standardError }: Wald, level = 0.05): [number, number] {
  const margin = normalQuantile(1 - level / 2) * standardError;
  return [value - margin, value + margin];
}

/** exp of an estimated logarithm, with limits, as a part of a claim. @param p of the part, two-sided unless given */
export function ratioPart(
  name: string,
  wald: Wald,
  level = 0.05,
  p = pOf(wald),
): ClaimPart & { lower: number; upper: number; estimate: number } {
  const [lower, upper] = limits(wald, level).map(Math.exp);
  return { name, estimate: Math.exp(wald.value), lower, upper, p };
}
