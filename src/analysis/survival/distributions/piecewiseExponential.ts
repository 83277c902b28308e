import { InputError } from '../../../base/errors.ts';
import { restrictedMean } from '../curves/restrictedMean.ts';
import { defineSurvivalModel, FURTHER, fitDistribution } from '../defineModel.ts';
import { isExact, type SurvivalTable } from '../table/table.ts';
import type { Distribution } from './distribution.ts';

/**
 * A hazard that is constant between breakpoints: theta[0] is the log of that before the first, theta[j] the log of the ratio to
 * it after breakpoint j. Covariates act on the hazard.
 * @throws InputError if breakpoints are not positive and ascending.
 */
export function piecewiseExponential(breakpoints: readonly number[]): Distribution {
  breakpoints.forEach((at, k) => {
    if (!(at > (breakpoints[k - 1] ?? 0) && at < Infinity)) {
      throw new InputError(`piecewise exponential: breakpoint ${at} should be a time after ${breakpoints[k - 1] ?? 0}`);
    }
  });
  const starts = [0, ...breakpoints];
  const size = starts.length;
  // Time 0 lies in the first piece.
  const pieceOf = (time: number) =>
    Math.max(
      0,
      starts.findLastIndex((start) => time > start),
    );
  const hazard = (theta: ArrayLike<number>, piece: number) => Math.exp(theta[0] + (piece === 0 ? 0 : theta[piece]));

  const distribution: Distribution = {
    name: 'piecewise exponential',
    parameters: starts.map((start, k) => ({ name: k === 0 ? 'rate' : `rate ratio after ${start}`, link: 'log' })),
    acceleratedFailureTime: false,
    logDensity(time, logTime, theta, out) {
      distribution.logSurvival(time, logTime, theta, out);
      const piece = pieceOf(time);
      out.value += theta[0] + (piece === 0 ? 0 : theta[piece]);
      out.gradient[0] += 1;
      if (piece > 0) out.gradient[piece] += 1;
    },
    logSurvival(time, _logTime, theta, out) {
      out.value = 0;
      out.gradient.fill(0);
      out.hessian.fill(0);
      for (let piece = 0; piece < size && starts[piece] < time; piece++) {
        const part = -hazard(theta, piece) * (Math.min(time, starts[piece + 1] ?? Infinity) - starts[piece]);
        out.value += part;
        if (piece > 0) {
          out.gradient[piece] = part;
          out.hessian[piece] = out.hessian[piece * size] = out.hessian[piece * (size + 1)] = part;
        }
      }
      out.gradient[0] = out.hessian[0] = out.value;
    },
    quantile(p, theta) {
      let left = -Math.log1p(-p);
      for (let piece = 0; ; piece++) {
        const rate = hazard(theta, piece);
        const length = (starts[piece + 1] ?? Infinity) - starts[piece];
        if (left <= rate * length) return starts[piece] + left / rate;
        left -= rate * length;
      }
    },
    mean(theta, gradient) {
      // Beyond a cumulative hazard of 100 in the last piece nothing of the mean is left.
      const end = starts[size - 1] + 100 / hazard(theta, size - 1);
      return restrictedMean(distribution, theta, end, gradient);
    },
    start({ failureRate }) {
      const theta = new Float64Array(size);
      theta[0] = Math.log(failureRate);
      return theta;
    },
  };
  return distribution;
}

export const piecewiseExponentialModel = defineSurvivalModel({
  name: 'piecewise-exponential',
  title: 'Piecewise exponential proportional hazards model',
  source: 'R eha pchreg',
  ratio: 'hazard ratio',
  baseline: 'log rate, log ratios to it after each breakpoint',
  baselineCoefficients: 3,
  parameters: { ancillary: FURTHER, breakpoints: 'where the hazard changes' },
  noMean: null,
  auto: false,
  fit: (table, options) => ({
    kind: 'parametric',
    fit: fitDistribution(table, options, piecewiseExponential(options.breakpoints ?? thirdsOfFailures(table))),
  }),
});

/** The times by which more than a third and two thirds of the failures have been seen, by weight, as far as they differ. */
function thirdsOfFailures(table: SurvivalTable): number[] {
  const failed = Array.from({ length: table.rows }, (_, i) => i).filter((i) => isExact(table, i));
  failed.sort((a, b) => table.lower[a] - table.lower[b]);
  const total = failed.reduce((sum, i) => sum + table.weights[i], 0);
  const last = table.lower[failed[failed.length - 1]];
  const thirds = [1 / 3, 2 / 3].map((share) => {
    let seen = 0;
    const row = failed.find((i) => {
      seen += table.weights[i];
      // Exactly a third, up to the rounding of a sum of fractions, is not more.
      return seen > (share + 1e-12) * total;
    });
    return row === undefined ? last : table.lower[row];
  });
  return [...new Set(thirds)].filter((time) => time > 0 && time < last);
}
