import { describe, expect, test } from 'vitest';
import {
  kaplanMeier,
  medianSurvival,
  nelsonAalen,
  restrictedMeanSurvival,
  survivalProbability,
  survivalTable,
} from '../../../../src/analysis/survival/index.ts';
import { dataSets, reference, relativeError, tableOf } from '../../../support/survivalFixtures.ts';

/** R prints 15 digits, and both sum a few hundred terms: rounding stays under 1e-13. */
const ROUNDING = 1e-13;

function expectEqual(actual: Float64Array, expected: readonly (number | null)[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, k) => {
    // R's NA (here null) stands where S is 0 and Greenwood's variance is not finite.
    if (value === null) expect(Number.isFinite(actual[k])).toBe(false);
    else expect(relativeError(actual[k], value)).toBeLessThan(ROUNDING);
  });
}

describe.each(dataSets)('%s, against R survfit', (name) => {
  const expected = reference(name);
  const table = tableOf(expected);

  test('Kaplan-Meier with log intervals', () => {
    const { kaplan_meier: r } = expected;
    const estimate = kaplanMeier(table);
    expectEqual(estimate.times, r.time);
    expectEqual(estimate.atRisk, r.at_risk);
    expectEqual(estimate.events, r.events);
    expectEqual(estimate.survival, r.survival);
    expectEqual(estimate.standardErrorLog, r.std_err_cumhaz);
    expectEqual(estimate.lower, r.lower);
    expectEqual(estimate.upper, r.upper);
  });

  test('Nelson-Aalen', () => {
    const estimate = nelsonAalen(table);
    expectEqual(estimate.times, expected.nelson_aalen.time);
    expectEqual(estimate.cumulativeHazard, expected.nelson_aalen.cumulative_hazard);
  });
});

describe('Kaplan-Meier', () => {
  test("medians are those that R documents for lung, by sex and limits (survfit's print: 270 (212, 310) and 426 (348, 550))", () => {
    // All 228 rows are needed for R's printed figures; the fixture lacks two incomplete rows, both of men.
    const { rows } = reference('lung');
    const women = rows.sex.flatMap((sex, i) => (sex === 2 ? [i] : []));
    const estimate = kaplanMeier(
      survivalTable({ durations: women.map((i) => rows.time[i]), events: women.map((i) => rows.event[i]) }),
    );
    expect(medianSurvival(estimate)).toEqual({ estimate: 426, lower: 348, upper: 550 });
  });

  test('log-log and plain intervals of 6 of 21 (Freireich 1963, 6-MP arm; Collett 2015, table 2.4)', () => {
    const durations = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35];
    const events = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0];
    const table = survivalTable({ durations, events });
    const plain = kaplanMeier(table, { confidenceScale: 'plain' });
    const at6 = plain.times.indexOf(6);
    // 18/21 = 0.857 with standard error 0.076 (published to three digits): 0.857 -+ 1.96 * 0.0764.
    expect(plain.survival[at6]).toBeCloseTo(18 / 21, 15);
    expect(plain.survival[at6] * plain.standardErrorLog[at6]).toBeCloseTo(0.0763603548321, 12);
    expect(plain.lower[at6]).toBeCloseTo(0.707479, 5);
    const logLog = kaplanMeier(table, { confidenceScale: 'log-log' });
    // S^exp(+-1.96 se / |log S|) by hand: se = 0.08908708, log S = -0.15415068.
    expect(logLog.lower[at6]).toBeCloseTo(0.61972, 4);
    expect(logLog.upper[at6]).toBeCloseTo(0.95155, 4);
    expect(medianSurvival(plain).estimate).toBe(23);
  });

  test('a row of weight 3 is three rows', () => {
    const one = kaplanMeier(survivalTable({ durations: [1, 2, 2, 4], events: [1, 1, 0, 0], weights: [3, 2, 1, 2] }));
    const all = kaplanMeier(survivalTable({ durations: [1, 1, 1, 2, 2, 2, 4, 4], events: [1, 1, 1, 1, 1, 0, 0, 0] }));
    expect(one).toEqual(all);
  });

  test('delayed entry: at risk from after the entry, by hand', () => {
    // At 2: rows 1 and 2 (row 3 enters at 2, so after the failure). At 4: rows 2 and 3. At 5: row 3 alone.
    const table = survivalTable({ durations: [2, 4, 5], events: [1, 1, 0], entry: [0, 1, 2] });
    const estimate = kaplanMeier(table);
    expect(Array.from(estimate.atRisk)).toEqual([2, 2, 1]);
    expect(Array.from(estimate.survival)).toEqual([0.5, 0.25, 0.25]);
    expect(Array.from(nelsonAalen(table).cumulativeHazard)).toEqual([0.5, 1, 1]);
  });

  test('everything fails at once, or nothing does', () => {
    const three = survivalTable({ durations: [2, 2, 2] });
    const all = kaplanMeier(three);
    expect(Array.from(all.survival)).toEqual([0]);
    expect(medianSurvival(all).estimate).toBe(2);
    expect(restrictedMeanSurvival(all, 5, three)).toEqual({ estimate: 2, standardError: 0 });
    const two = survivalTable({ durations: [2, 3], events: [0, 0] });
    const none = kaplanMeier(two);
    expect(Array.from(none.survival)).toEqual([1, 1]);
    expect(Array.from(none.lower)).toEqual([1, 1]);
    expect(medianSurvival(none).estimate).toBeNull();
    expect(restrictedMeanSurvival(none, 3, two)).toEqual({ estimate: 3, standardError: 0 });
  });

  test('the curve is a right-continuous step function, flat at one half in the middle of its median', () => {
    const estimate = kaplanMeier(survivalTable({ durations: [1, 2, 3, 4] }));
    expect([0.5, 1, 1.5, 2, 9].map((time) => survivalProbability(estimate, time))).toEqual([1, 0.75, 0.75, 0.5, 0]);
    expect(medianSurvival(estimate).estimate).toBe(2.5);
  });

  test('restricted mean and its error by hand', () => {
    // S = 1 to 1, 3/4 to 2, 1/2 to 3 (a row is censored at 2.5): area to 3 is 1 + 0.75 + 0.5; A after 1 = 1.25, after 2 = 0.5.
    const table = survivalTable({ durations: [1, 2, 2.5, 4], events: [1, 1, 0, 1] });
    const { estimate: mean, standardError } = restrictedMeanSurvival(kaplanMeier(table), 3, table);
    expect(mean).toBe(2.25);
    expect(standardError).toBeCloseTo(Math.sqrt(1.25 ** 2 / (4 * 3) + 0.5 ** 2 / (3 * 2)), 15);
  });

  test('refuses interval censoring, naming the row', () => {
    const table = survivalTable({ lower: [1, 2], upper: [1, 3] });
    expect(() => kaplanMeier(table)).toThrow(/Kaplan-Meier: row 2 failed somewhere in \(2, 3\]/);
  });
});
