import erfc from '@stdlib/math-base-special-erfc';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** log(1 + x) - x, relatively exact through x = 0: by log(1 + x) = 2 atanh(r), r = x / (2 + x), where the closed form cancels. */
function logRest(x: number): number {
  if (x > 1 || x < -0.79) return Math.log1p(x) - x;
  const r = x / (2 + x);
  const square = r * r;
  let sum = 0;
  let power = 1;
  for (let n = 3; power / n > 1e-18; n += 2) {
    sum += power / n;
    power *= square;
  }
  return r * (2 * square * sum - x);
}

/** Stirling's series of log Gamma(k + 1) - ((k + 1/2) log k - k + log(2 pi) / 2) in 1 / k, for k from 15 on (DLMF 5.11.1). */
function stirlingRest(k: number): number {
  const square = 1 / (k * k);
  return (1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - square / 1188) * square) * square) * square) / k;
}

/**
 * x^k exp(-x) / Gamma(k + 1) for x > 0 and k a whole multiple of 1/2. From k = 15 on by the distance of k from x, so that no large
 * numbers cancel (Loader 2000, "Fast and accurate computation of binomial probabilities"; R's `dpois`).
 */
function poissonTerm(k: number, x: number): number {
  if (k >= 15) return Math.exp(k * logRest((x - k) / k) - stirlingRest(k) - HALF_LOG_2PI) / Math.sqrt(k);
  const whole = Number.isInteger(k);
  // Half of exp(-x) at each end, which alone may be too small for a double.
  let term = Math.exp(-x / 2) * (whole ? 1 : 2 * Math.sqrt(x / Math.PI));
  for (let j = whole ? 1 : 1.5; j <= k; j++) term *= x / j;
  return term * Math.exp(-x / 2);
}

/** Terms of this share of their sum change it no more. */
const NOTHING = 1e-17;

/**
 * P(X > x) for a chi-squared X: Q(degrees / 2, x / 2) of the incomplete gamma function, by sums of positive terms that stop in the
 * order of sqrt(degrees) (DLMF 8.7.1, 8.8.6; with erfc for odd degrees). Relative error below 1e-12 up to two million degrees.
 * @param x positive
 * @param degrees a whole number from 1 on
 */
export function chiSquaredTail(x: number, degrees: number): number {
  const shape = degrees / 2;
  const half = x / 2;
  let sum = 0;
  if (half < shape) {
    // P, the other tail: terms from `shape` upwards.
    let term = poissonTerm(shape, half);
    for (let k = shape; term > NOTHING * sum; term *= half / ++k) sum += term;
    return 1 - sum;
  }
  // Terms from shape - 1 downwards to 0, or to 1/2 with the tail of one degree of freedom below it.
  const last = Number.isInteger(shape) ? 0 : 0.5;
  if (shape - 1 >= last) {
    let term = poissonTerm(shape - 1, half);
    let k = shape - 1;
    for (; k >= last && term > NOTHING * sum; term *= k-- / half) sum += term;
    if (k >= last) return sum;
  }
  return last === 0 ? sum : sum + erfc(Math.sqrt(half));
}
