import { describe, expect, test } from 'vitest';
import {
  exponential,
  fitAcceleratedFailureTime,
  logLogistic,
  logNormal,
  type SurvivalColumns,
  survivalTable,
  weibull,
} from '../../../src/analysis/survival/index.ts';

const all = [exponential, weibull, logNormal, logLogistic];
const durations = [1, 2, 3, 4, 5, 6, 7, 8.5, 9, 11];
const events = [1, 1, 0, 1, 1, 1, 0, 1, 1, 1];
const even = durations.map((_, i) => (i % 2 === 0 ? 1 : 0));
const odd = even.map((v) => 1 - v);

describe.each(all)('$name refuses in one clear line', (distribution) => {
  const mistakes: [string, SurvivalColumns, RegExp][] = [
    [
      'a constant column',
      { durations, events, covariates: { eps: durations.map(() => 0.3) } },
      /"eps" is constant \(0.3 in every row\)/,
    ],
    [
      'collinear columns',
      {
        durations,
        events,
        covariates: {
          a: durations.map((t) => Math.sin(t)),
          b: even,
          c: durations.map((t, i) => 2 * Math.sin(t) - even[i] + 7),
        },
      },
      /"c" is collinear: it is a linear combination of "a", "b" and the intercept/,
    ],
    [
      'a full set of dummy columns',
      { durations, events, covariates: { x: durations.map((t) => Math.cos(t)), fgm: even, pgd: odd } },
      /covariates "fgm", "pgd" are a full set of dummy columns/,
    ],
    ['no failure at all', { durations, events: durations.map(() => 0) }, /no failure among the 10 samples/],
    [
      'a group without failures',
      {
        durations,
        events: [1, 1, 0, 1, 1, 1, 0, 0, 0, 0],
        covariates: { x: durations.map((t) => Math.cos(3 * t)), strong: durations.map((t) => (t > 8 ? 1 : 0)) },
      },
      /covariates "strong" have no finite estimate: they separate failures from survivors/,
    ],
  ];
  test.each(mistakes)('%s', (_, columns, message) => {
    expect(() => fitAcceleratedFailureTime(survivalTable(columns), { distribution })).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
    );
  });
});

describe.each([weibull, logNormal, logLogistic])('$name refuses times without variation', (distribution) => {
  test('in the durations', () => {
    const table = survivalTable({ durations: [0.5, 0.5, 0.5, 0.2], events: [1, 1, 1, 0] });
    expect(() => fitAcceleratedFailureTime(table, { distribution })).toThrow(
      /durations do not vary: every failure is at 0.5/,
    );
  });

  test('around what the covariates predict', () => {
    const table = survivalTable({ durations: [1, 2, 4, 8, 1, 2], covariates: { x: [0, 1, 2, 3, 0, 1] } });
    expect(() => fitAcceleratedFailureTime(table, { distribution })).toThrow(/"x" reproduce the failure times exactly/);
  });
});

describe('what looks degenerate but is not', () => {
  test('the exponential fits durations that do not vary: failures over time observed', () => {
    const fit = fitAcceleratedFailureTime(survivalTable({ durations: [0.5, 0.5, 0.5, 0.5], events: [1, 1, 0, 1] }), {
      distribution: exponential,
    });
    expect(Math.exp(fit.estimates[0])).toBeCloseTo(2 / 3, 14);
  });

  test.each([weibull, logNormal, logLogistic])('$name: a group in which all fail at the same time', (distribution) => {
    const group = durations.map((_, i) => (i < 4 ? 1 : 0));
    const times = durations.map((t, i) => (i < 4 ? 0.25 : t));
    const fit = fitAcceleratedFailureTime(survivalTable({ durations: times, covariates: { group } }), { distribution });
    expect(fit.coefficients.every(({ standardError }) => standardError > 0 && standardError < 10)).toBe(true);
    expect(fit.coefficients[1].timeRatio).toBeLessThan(0.25);
  });

  test.each(all)('$name: one failure among ten thousand samples, with a warning', (distribution) => {
    const table = survivalTable({ durations: [1, 10], events: [1, 0], weights: [1, 9999] });
    const fit = fitAcceleratedFailureTime(table, { distribution });
    expect(fit.coefficients.every(({ standardError }) => standardError < 100)).toBe(true);
    expect(fit.warnings.join()).toMatch(/100.0% of the samples are censored/);
  });

  test('a penalizer gives a separated column an estimate', () => {
    const strong = durations.map((t) => (t > 8 ? 1 : 0));
    const table = survivalTable({ durations, events: [1, 1, 0, 1, 1, 1, 0, 0, 0, 0], covariates: { strong } });
    const fit = fitAcceleratedFailureTime(table, { distribution: weibull, penalizer: 0.01 });
    expect(fit.coefficients[1].coefficient).toBeGreaterThan(0);
    expect(fit.coefficients[1].standardError).toBeLessThan(10);
  });
});

describe('names that do not exist', () => {
  const table = survivalTable({ durations, events, covariates: { eps: durations } });
  test('a covariate', () => {
    expect(() => fitAcceleratedFailureTime(table, { distribution: weibull, covariates: ['esp'] })).toThrow(
      /covariate "esp" is not in the table, which has: eps/,
    );
  });
  test('an ancillary parameter', () => {
    expect(() =>
      fitAcceleratedFailureTime(table, { distribution: exponential, ancillary: { scale: ['eps'] } }),
    ).toThrow(/exponential has no ancillary parameter "scale"; it has: none/);
  });
});
