import { expect, test } from 'vitest';
import {
  type AcceleratedFailureTimeFit,
  type Distribution,
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  logNormal,
  type SurvivalTable,
  survivalTable,
  weibull,
} from '../../../src/analysis/survival/index.ts';
import { InputError } from '../../../src/base/errors.ts';
import { uniform } from '../../support/survivalFixtures.ts';

/** A badly scaled table: units of time over 16 powers of ten, of covariates over 12, dummies, near-collinear columns, few events. */
function randomTable(seed: number): SurvivalTable {
  const u = uniform(seed);
  const rows = 8 + Math.floor(u() * 150);
  const count = Math.floor(u() * 6);
  const unit = 10 ** (u() * 16 - 7);
  const scale = 10 ** (u() * 3 - 2);
  const common = Array.from({ length: rows }, u);
  const location = new Float64Array(rows);
  const covariates: Record<string, number[]> = {};
  for (let j = 0; j < count; j++) {
    const size = 10 ** (u() * 12 - 6);
    const offset = u() * 100;
    const kinds = [
      () => (u() < 0.2 ? 1 : 0),
      () => size * (u() + offset),
      (i: number) => size * (common[i] + 1e-6 * u()),
      () => size * Math.exp(3 * u()),
    ];
    const kind = kinds[Math.floor(u() * kinds.length)];
    const values = Array.from({ length: rows }, (_, i) => kind(i));
    const slope = (u() * 4 - 2) / (Math.max(...values) - Math.min(...values) || 1);
    values.forEach((value, i) => {
      location[i] += slope * (value - values[0]);
    });
    covariates[`x${j}`] = values;
  }
  const end = Math.exp(scale * (u() * 6 - 3) + 1);
  const times = Array.from(location, (m) => Math.exp(m + scale * Math.log(-Math.log(u()))));
  return survivalTable({
    durations: times.map((time) => Math.min(time, end) * unit),
    events: times.map((time) => time <= end),
    covariates,
  });
}

/** The fit, or the message of its error. */
function attempt(table: SurvivalTable, distribution: Distribution): AcceleratedFailureTimeFit | string {
  try {
    return fitAcceleratedFailureTime(table, { distribution });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

test('1,000 random tables, four distributions each: a maximum, or an error that names the reason', () => {
  const outcomes = { fitted: 0, explained: 0 };
  for (let seed = 0; seed < 1000; seed++) {
    const table = randomTable(seed);
    for (const distribution of [exponential, weibull, logNormal, logLogistic]) {
      const outcome = attempt(table, distribution);
      if (typeof outcome === 'string') {
        expect(outcome).toMatch(
          /is constant|is collinear|separate failures|reproduce the failure times|durations do not vary|no failure among/,
        );
        outcomes.explained++;
        continue;
      }
      for (const { coefficient, standardError } of outcome.coefficients) {
        expect(Number.isFinite(coefficient)).toBe(true);
        expect(standardError).toBeGreaterThan(0);
      }
      // Two maxima are compared, each rounded in a sum of up to 158 terms of the order of 10.
      expect(outcome.logLikelihood).toBeGreaterThan(outcome.nullLogLikelihood - 1e-10);
      outcomes.fitted++;
    }
  }
  // About one table in twenty has a column without a finite estimate (a rare dummy with no failure) or cannot be fitted at all.
  expect(outcomes.fitted).toBeGreaterThan(3700);
  expect(outcomes.explained).toBeGreaterThan(50);
});
