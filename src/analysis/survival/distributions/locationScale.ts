import type { Derivatives, Distribution, TimeSummary } from './distribution.ts';

/** Value, first and second derivative by z, written to a triple. */
type Curve = (z: number, out: Float64Array) => void;

/** The distribution of W in log T = location + scale · W. */
export interface StandardDistribution {
  readonly name: string;
  readonly logDensity: Curve;
  readonly logSurvival: Curve;
  readonly quantile: (p: number) => number;
  /** Mean and standard deviation of W. */
  readonly centre: number;
  readonly deviation: number;
  /** E[exp(s W)] and its derivative by s; Infinity where it does not exist. */
  readonly exponentialMoment: (s: number) => readonly [value: number, derivative: number];
}

/**
 * log T = location + exp(theta[1]) · W: R's `survreg` parametrisation, with `Log(scale)` as the second parameter.
 * With z = (log t - location) / scale, dz/dlocation = -1/scale and dz/dlog(scale) = -z.
 */
export function locationScale(standard: StandardDistribution): Distribution {
  const curve = new Float64Array(3);
  // Mostly the same in every row.
  let logScale = 0;
  let inverseScale = 1;

  function chain(logTime: number, theta: ArrayLike<number>, of: Curve, out: Derivatives): void {
    if (theta[1] !== logScale) {
      logScale = theta[1];
      inverseScale = Math.exp(-logScale);
    }
    const z = (logTime - theta[0]) * inverseScale;
    of(z, curve);
    const value = curve[0];
    const first = curve[1];
    const second = curve[2];
    out.value = value;
    out.gradient[0] = -first * inverseScale;
    out.gradient[1] = -z * first;
    out.hessian[0] = second * inverseScale * inverseScale;
    out.hessian[1] = out.hessian[2] = (second * z + first) * inverseScale;
    out.hessian[3] = z * (second * z + first);
  }

  return {
    name: standard.name,
    parameters: [
      { name: 'location', link: 'identity' },
      { name: 'scale', link: 'log' },
    ],
    acceleratedFailureTime: true,
    logDensity(_time, logTime, theta, out) {
      chain(logTime, theta, standard.logDensity, out);
      out.value -= theta[1] + logTime;
      out.gradient[1] -= 1;
    },
    logSurvival(_time, logTime, theta, out) {
      chain(logTime, theta, standard.logSurvival, out);
    },
    sumRows({ logTimes, failed, weights }, start, count, memory, { predictors, gradient, hessian }) {
      const [location, scale] = predictors;
      const [byLocation, byScale] = gradient;
      const [twiceLocation, mixed, twiceScale] = hessian;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const theta1 = memory[scale + i];
        if (theta1 !== logScale) {
          logScale = theta1;
          inverseScale = Math.exp(-logScale);
        }
        const logTime = logTimes[start + i];
        const weight = weights[start + i];
        const event = failed[start + i];
        const z = (logTime - memory[location + i]) * inverseScale;
        if (event === 1) standard.logDensity(z, curve);
        else standard.logSurvival(z, curve);
        const first = weight * curve[1];
        const second = weight * curve[2];
        sum += weight * (curve[0] - event * (theta1 + logTime));
        memory[byLocation + i] = -first * inverseScale;
        memory[byScale + i] = -z * first - event * weight;
        memory[twiceLocation + i] = second * inverseScale * inverseScale;
        memory[mixed + i] = (second * z + first) * inverseScale;
        memory[twiceScale + i] = z * (second * z + first);
      }
      return sum;
    },
    quantile: (p, theta) => Math.exp(theta[0] + Math.exp(theta[1]) * standard.quantile(p)),
    mean(theta, gradient) {
      const scale = Math.exp(theta[1]);
      const [moment, derivative] = standard.exponentialMoment(scale);
      const mean = Math.exp(theta[0]) * moment;
      gradient[0] = mean;
      gradient[1] = Math.exp(theta[0]) * derivative * scale;
      return mean;
    },
    start({ logMean, logDeviation }: TimeSummary) {
      const scale = (logDeviation > 0 ? logDeviation : 1) / standard.deviation;
      return Float64Array.of(logMean - scale * standard.centre, Math.log(scale));
    },
  };
}
