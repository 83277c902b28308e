import { type Distribution, derivatives } from '../distributions/distribution.ts';
import { integrate } from '../numerics/quadrature.ts';

/** Shares failed whose times cut the integral into pieces that are each smooth. */
const SHARES = [1e-9, 1e-4, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999, 1 - 1e-9];

/**
 * E[min(T, horizon)] = integral of S(u) from 0 to `horizon`, with its gradient by theta written to `gradient`. With u = exp(y)
 * the integrand exp(y) S is smooth at any scale of time; below exp(-40) of the first feature nothing of it is left.
 */
export function restrictedMean(
  distribution: Distribution,
  theta: ArrayLike<number>,
  horizon: number,
  gradient: Float64Array,
): number {
  const logHorizon = Math.log(horizon);
  const logTimes = SHARES.map((share) => Math.log(distribution.quantile(share, theta)));
  const first = Math.min(logHorizon, Math.max(logTimes[4], logHorizon - 600));
  const inside = logTimes.filter((time) => time > first - 40 && time < logHorizon);
  const breaks = [first - 40, ...inside, logHorizon].sort((a, b) => a - b);
  const survival = derivatives(gradient.length);
  const integrals = integrate(
    (logTime, out) => {
      const time = Math.exp(logTime);
      distribution.logSurvival(time, logTime, theta, survival);
      const height = time * Math.exp(survival.value);
      out[0] = height;
      // A factor of 0 stands for a limit of 0, as the derivative grows more slowly than S falls.
      for (let j = 0; j < gradient.length; j++) out[j + 1] = height === 0 ? 0 : height * survival.gradient[j];
    },
    gradient.length + 1,
    breaks,
  );
  gradient.set(integrals.subarray(1));
  return integrals[0];
}
