import { defineParametricModel } from '../defineModel.ts';
import { locationScale } from './locationScale.ts';

/** log(1 + exp(z)) without overflow. */
const softplus = (z: number) => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));
const logistic = (z: number) => (z > 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

/** log T is logistic: S(t) = 1 / (1 + exp((log t - location) / scale)). R's `survreg(dist = "loglogistic")`. */
export const logLogistic = locationScale({
  name: 'log-logistic',
  logDensity(z, out) {
    const p = logistic(z);
    out[0] = z - 2 * softplus(z);
    out[1] = 1 - 2 * p;
    out[2] = -2 * p * (1 - p);
  },
  logSurvival(z, out) {
    const p = logistic(z);
    out[0] = -softplus(z);
    out[1] = -p;
    out[2] = -p * (1 - p);
  },
  quantile: (p) => Math.log(p) - Math.log1p(-p),
  centre: 0,
  deviation: Math.PI / Math.sqrt(3),
  exponentialMoment(s) {
    // The mean exists for scale < 1 only; it is pi s / sin(pi s).
    if (s >= 1) return [Infinity, Infinity];
    const value = (Math.PI * s) / Math.sin(Math.PI * s);
    return [value, value * (1 / s - Math.PI / Math.tan(Math.PI * s))];
  },
});

export const logLogisticModel = defineParametricModel({
  name: 'log-logistic',
  title: 'Log-logistic accelerated failure time model',
  source: "R survreg(dist = 'loglogistic'); lifelines LogLogisticAFTFitter",
  baseline: 'location, log scale',
  distribution: logLogistic,
  auto: true,
});
