import digamma from '@stdlib/math-base-special-digamma';
import gammaln from '@stdlib/math-base-special-gammaln';
import { defineParametricModel } from '../defineModel.ts';
import { locationScale } from './locationScale.ts';

/** Euler's constant: minus the mean of the smallest extreme value. */
const EULER = 0.5772156649015329;

/**
 * S(t) = exp(-(t / lambda)^(1/scale)), log lambda = location: W is the smallest extreme value, P(W > z) = exp(-exp(z)).
 * R's `survreg(dist = "weibull")`; lifelines' rho is 1/scale.
 */
export const weibull = locationScale({
  name: 'weibull',
  logDensity(z, out) {
    const e = Math.exp(z);
    out[0] = z - e;
    out[1] = 1 - e;
    out[2] = -e;
  },
  logSurvival(z, out) {
    out[0] = out[1] = out[2] = -Math.exp(z);
  },
  quantile: (p) => Math.log(-Math.log1p(-p)),
  centre: -EULER,
  deviation: Math.PI / Math.sqrt(6),
  exponentialMoment(s) {
    const value = Math.exp(gammaln(1 + s));
    return [value, value * digamma(1 + s)];
  },
});

export const weibullModel = defineParametricModel({
  name: 'weibull',
  title: 'Weibull accelerated failure time model',
  source: "R survreg(dist = 'weibull'); lifelines WeibullAFTFitter",
  baseline: 'location, log scale',
  distribution: weibull,
  auto: true,
});
