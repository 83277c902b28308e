import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import trigamma from '@stdlib/math-base-special-trigamma';

export const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** Value, first and second derivative. */
export type Triple = [value: number, first: number, second: number];

/**
 * Σ xⁿ / (n + k)! and its first two derivatives, for |x| < 1: 20 terms, of which the last is below 1 / 21! < 1e-19.
 * @param first 1 / k!, the factor of x⁰
 * @param next k + 1: the factor of xⁿ⁺¹ is that of xⁿ over n + next
 */
function exponentialSeries(x: number, first: number, next: number): Triple {
  const result: Triple = [0, 0, 0];
  let factor = first;
  let power = [0, 0, 1];
  for (let n = 0; n < 20; n++) {
    const [below2, below1, now] = power;
    result[0] += factor * now;
    result[1] += factor * n * below1;
    result[2] += factor * n * (n - 1) * below2;
    power = [below1, now, now * x];
    factor /= n + next;
  }
  return result;
}

/** (exp(v) - 1 - v) / v² and derivatives, through v = 0: below 1 in size by the series of v^n / (n + 2)!. */
export function secondRemainder(v: number): Triple {
  if (Math.abs(v) < 1) return exponentialSeries(v, 0.5, 3);
  const e = Math.exp(v);
  return [(e - 1 - v) / v ** 2, (e * (v - 2) + v + 2) / v ** 3, (e * (v * v - 4 * v + 6) - 2 * v - 6) / v ** 4];
}

/** Stirling's series of log Gamma(k) - ((k - 1/2) log k - k + log(2 pi) / 2) in 1 / k: B_2n / (2n (2n - 1)). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];

/** What Stirling's formula leaves of log Gamma(1 / q²), with derivatives by q; even and smooth through q = 0. */
export function stirlingRemainder(q: number): Triple {
  const q2 = q * q;
  if (q2 < 0.1) {
    // Terms B q^(4n + 2), n = 0, 1, ...; with q² < 0.1 the first left out is below 1e-15.
    const result: Triple = [0, 0, 0];
    STIRLING.forEach((factor, n) => {
      const power = 4 * n + 2;
      result[0] += factor * q ** power;
      result[1] += factor * power * q ** (power - 1);
      result[2] += factor * power * (power - 1) * q ** (power - 2);
    });
    return result;
  }
  const k = 1 / q2;
  const first = digamma(k) - Math.log(k) + 1 / (2 * k);
  const second = trigamma(k) - 1 / k - 1 / (2 * k * k);
  const dk = -2 / (q2 * q);
  return [
    gammaln(k) - (k - 0.5) * Math.log(k) + k - HALF_LOG_2PI,
    first * dk,
    second * dk * dk + first * (6 / (q2 * q2)),
  ];
}

/**
 * (exp(x) - 1) / x and derivatives, through x = 0. Below 1 in size by the series of x^n / (n + 1)!, as the closed forms cancel
 * there.
 */
export function firstRemainder(x: number): Triple {
  if (Math.abs(x) < 1) return exponentialSeries(x, 1, 2);
  const e = Math.exp(x);
  return [(e - 1) / x, (e * (x - 1) + 1) / x ** 2, (e * (x * x - 2 * x + 2) - 2) / x ** 3];
}

/** (x - log(1 + x)) / x² and derivatives, for x > -1, through x = 0: below 0.3 in size by the series of (-x)^n / (n + 2). */
export function logRemainder(x: number): Triple {
  if (Math.abs(x) < 0.3) {
    const result: Triple = [0, 0, 0];
    let power = [0, 0, 1];
    // 0.3^33 < 1e-17.
    for (let n = 0; n < 34; n++) {
      const [below2, below1, now] = power;
      const factor = (n % 2 === 0 ? 1 : -1) / (n + 2);
      result[0] += factor * now;
      result[1] += factor * n * below1;
      result[2] += factor * n * (n - 1) * below2;
      power = [below1, now, now * x];
    }
    return result;
  }
  const numerator = x - Math.log1p(x);
  const first = x / (1 + x);
  const second = 1 / (1 + x) ** 2;
  return [
    numerator / x ** 2,
    first / x ** 2 - (2 * numerator) / x ** 3,
    second / x ** 2 - (4 * first) / x ** 3 + (6 * numerator) / x ** 4,
  ];
}
