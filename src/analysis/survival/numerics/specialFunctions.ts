import erfc from '@stdlib/math-base-special-erfc';
import erfcinv from '@stdlib/math-base-special-erfcinv';
import erfcx from '@stdlib/math-base-special-erfcx';
import { chiSquaredTail } from './chiSquared.ts';

/** log(1 - exp(x)) for x < 0, without cancellation (Mächler 2012, "Accurately computing log(1 - exp(-|a|))"). */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** log P(Z > z) of the standard normal, accurate in both tails. */
export function normalLogSurvival(z: number): number {
  return z > 0 ? Math.log(0.5 * erfcx(z * Math.SQRT1_2)) - 0.5 * z * z : Math.log1p(-0.5 * erfc(-z * Math.SQRT1_2));
}

/** Density over survival of the standard normal (the inverse Mills ratio), accurate in both tails. */
export function normalHazard(z: number): number {
  if (z > 0) return Math.sqrt(2 / Math.PI) / erfcx(z * Math.SQRT1_2);
  return (Math.exp(-0.5 * z * z) * Math.sqrt(2 / Math.PI)) / erfc(z * Math.SQRT1_2);
}

/** The z with P(Z <= z) = p. */
export function normalQuantile(p: number): number {
  return -Math.SQRT2 * erfcinv(2 * p);
}

/** P(|Z| > |z|): the p-value of a two-sided z test. */
export function twoSidedP(z: number): number {
  return erfc(Math.abs(z) * Math.SQRT1_2);
}

/** P(X > x) for a chi-squared X with `degrees` degrees of freedom; 1 with none. */
export function chiSquaredP(x: number, degrees: number): number {
  if (degrees === 0) return 1;
  return x <= 0 ? 1 : chiSquaredTail(x, degrees);
}
