import { restrictedMean } from '../curves/restrictedMean.ts';
import { defineParametricModel } from '../defineModel.ts';
import type { Distribution } from './distribution.ts';
import { firstRemainder } from './remainders.ts';

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
    const [growth, first, second] = firstRemainder(theta[1] * time);
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

export const gompertzModel = defineParametricModel({
  name: 'gompertz',
  title: 'Gompertz proportional hazards model',
  source: "flexsurv flexsurvreg(dist = 'gompertz')",
  baseline: 'log rate, shape',
  distribution: gompertz,
  auto: false,
});
