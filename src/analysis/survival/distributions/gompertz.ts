import { restrictedMean } from '../restrictedMean.ts';
import type { Distribution } from './distribution.ts';

/**
 * (exp(x) - 1) / x with its first and second derivative, through x = 0. Below 1 in size by the series of x^n / (n + 1)!, as the
 * closed forms cancel there.
 */
function relativeGrowth(x: number): [value: number, first: number, second: number] {
  if (Math.abs(x) < 1) {
    let [value, first, second] = [0, 0, 0];
    let term = 1;
    // The 20th term is 1 / 21! < 1e-19.
    for (let n = 0; n < 20; n++) {
      value += term;
      // term / x stays exact where x is 0, as term is then 0 from n = 1 on: its limits are 1/2 and 1/3.
      if (n > 0) first += x === 0 ? (n === 1 ? 0.5 : 0) : (n * term) / x;
      if (n > 1) second += x === 0 ? (n === 2 ? 1 / 3 : 0) : (n * (n - 1) * term) / (x * x);
      term *= x / (n + 2);
    }
    return [value, first, second];
  }
  const e = Math.exp(x);
  return [(e - 1) / x, (e * (x - 1) + 1) / x ** 2, (e * (x * x - 2 * x + 2) - 2) / x ** 3];
}

/**
 * Hazard rate · exp(shape · t): flexsurv's Gompertz. theta = (log rate, shape); covariates act on the hazard. With a negative
 * shape a share exp(rate / shape) never fails.
 */
export const gompertz: Distribution = {
  name: 'gompertz',
  parameters: [
    { name: 'rate', link: 'log' },
    { name: 'shape', link: 'identity', perTime: true },
  ],
  acceleratedFailureTime: false,
  logDensity(time, logTime, theta, out) {
    gompertz.logSurvival(time, logTime, theta, out);
    out.value += theta[0] + theta[1] * time;
    out.gradient[0] += 1;
    out.gradient[1] += time;
  },
  logSurvival(time, _logTime, theta, out) {
    const [growth, first, second] = relativeGrowth(theta[1] * time);
    const rate = Math.exp(theta[0]) * time;
    out.value = out.gradient[0] = out.hessian[0] = -rate * growth;
    out.gradient[1] = out.hessian[1] = out.hessian[2] = -rate * time * first;
    out.hessian[3] = -rate * time * time * second;
  },
  quantile(p, theta) {
    const growth = -Math.log1p(-p) / Math.exp(theta[0]);
    if (theta[1] * growth <= -1) return Infinity;
    return theta[1] === 0 ? growth : Math.log1p(theta[1] * growth) / theta[1];
  },
  mean(theta, gradient) {
    if (theta[1] < 0) return Infinity;
    // Beyond a cumulative hazard of 100 nothing of the mean is left.
    const growth = 100 / Math.exp(theta[0]);
    const end = theta[1] === 0 ? growth : Math.log1p(theta[1] * growth) / theta[1];
    return restrictedMean(gompertz, theta, end, gradient);
  },
  start: ({ failureRate }) => Float64Array.of(Math.log(failureRate), 0),
};
