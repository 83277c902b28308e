import { defineParametricModel } from '../defineModel.ts';
import { normalHazard, normalLogSurvival, normalQuantile } from '../numerics/specialFunctions.ts';
import { locationScale } from './locationScale.ts';

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** log T is normal: S(t) = 1 - Phi((log t - location) / scale). R's `survreg(dist = "lognormal")`. */
export const logNormal = locationScale({
  name: 'log-normal',
  logDensity(z, out) {
    out[0] = -0.5 * z * z - HALF_LOG_2PI;
    out[1] = -z;
    out[2] = -1;
  },
  logSurvival(z, out) {
    const hazard = normalHazard(z);
    out[0] = normalLogSurvival(z);
    out[1] = -hazard;
    out[2] = -hazard * (hazard - z);
  },
  quantile: normalQuantile,
  centre: 0,
  deviation: 1,
  exponentialMoment(s) {
    const value = Math.exp(0.5 * s * s);
    return [value, s * value];
  },
});

export const logNormalModel = defineParametricModel({
  name: 'log-normal',
  title: 'Log-normal accelerated failure time model',
  source: "R survreg(dist = 'lognormal'); lifelines LogNormalAFTFitter",
  baseline: 'location, log scale',
  distribution: logNormal,
  auto: true,
});
