import { studentQuantile } from './studentQuantile.ts';

/** The least that a mean may be, as a share of the one observed: Hall's transformation knows no bound at 0. */
export const LEAST = 1e-3;

/**
 * Interval of a mean by Hall's transformation of Student's statistic (Hall 1992, "On the removal of skewness by transformation"): the
 * cubic that takes the skewness out of the distribution of the statistic, to the first order, and can be inverted.
 *
 * Student's n - 1 degrees of freedom are those of the variance of normal draws. Where the draws have a long tail their variance is known
 * less well, and has fewer: those for which its own variance is that of draws of this kurtosis (Satterthwaite 1946).
 * @param deviations each independent unit's influence on the mean, about 0
 */
export function meanInterval(
  center: number,
  deviations: readonly number[],
  quantile: number,
): readonly [least: number, most: number] {
  const n = deviations.length;
  const moment = (power: number) => deviations.reduce((sum, each) => sum + each ** power, 0) / n;
  const variance = moment(2);
  const scale = Math.sqrt((variance * n) / (n - 1));
  if (scale === 0) return [center, center];
  const skewness = moment(3) / variance ** 1.5;
  const kurtosis = moment(4) / variance ** 2;
  // The variance of s² is σ⁴ (κ / n - (n - 3) / (n (n - 1))); with ν degrees of freedom it is 2 σ⁴ / ν. Normal draws: κ = 3, ν = n - 1.
  const degrees = Math.min(n - 1, (2 * n) / (kurtosis - (n - 3) / (n - 1)));
  const t = studentQuantile(quantile, degrees) / Math.sqrt(n);
  const inverse = (y: number) =>
    Math.abs(skewness) < 1e-6 ? y : (3 / skewness) * (Math.cbrt(1 + skewness * (y - skewness / (6 * n))) - 1);
  const [low, high] = [center - scale * inverse(t), center - scale * inverse(-t)];
  return [Math.max(Math.min(low, center), LEAST * center), Math.max(high, center)];
}
