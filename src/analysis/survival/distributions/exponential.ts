import { defineParametricModel } from '../defineModel.ts';
import type { Distribution } from './distribution.ts';

/** S(t) = exp(-t / mean), log mean = location: the Weibull with scale 1. R's `survreg(dist = "exponential")`. */
export const exponential: Distribution = {
  name: 'exponential',
  parameters: [{ name: 'location', link: 'identity' }],
  acceleratedFailureTime: true,
  logDensity(_time, logTime, theta, out) {
    const e = Math.exp(logTime - theta[0]);
    out.value = -theta[0] - e;
    out.gradient[0] = e - 1;
    out.hessian[0] = -e;
  },
  logSurvival(_time, logTime, theta, out) {
    const e = Math.exp(logTime - theta[0]);
    out.value = -e;
    out.gradient[0] = e;
    out.hessian[0] = -e;
  },
  quantile: (p, theta) => -Math.log1p(-p) * Math.exp(theta[0]),
  mean(theta, gradient) {
    gradient[0] = Math.exp(theta[0]);
    return gradient[0];
  },
  start: ({ failureRate }) => Float64Array.of(-Math.log(failureRate)),
};

export const exponentialModel = defineParametricModel({
  name: 'exponential',
  title: 'Exponential accelerated failure time model',
  source: "R survreg(dist = 'exponential')",
  baseline: 'location',
  distribution: exponential,
  auto: true,
});
