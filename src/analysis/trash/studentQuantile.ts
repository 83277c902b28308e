import betaincinv from '@stdlib/math-base-special-betaincinv';
import { normalQuantile } from '../survival/index.ts';

/**
 * The t with P(T <= t) = p for Student's T with so many degrees of freedom, from the inverse of the incomplete beta function
 * (Abramowitz and Stegun 26.7.1); the normal quantile for infinitely many.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (degrees === Infinity) return normalQuantile(p);
  if (p === 0.5) return 0;
  const tail = 2 * Math.min(p, 1 - p);
  const x = betaincinv(tail, degrees / 2, 0.5);
  return Math.sign(p - 0.5) * Math.sqrt((degrees * (1 - x)) / x);
}
