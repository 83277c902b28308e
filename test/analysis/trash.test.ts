import { describe, expect, test } from 'vitest';
import {
  covariateRows,
  exponential,
  fitAcceleratedFailureTime,
  logNormal,
  paperEncoding,
  type SurvivalTable,
  survivalTable,
  weibull,
} from '../../src/analysis/survival/index.ts';
import { costPerSample, pricedTrash, readTrash, trashScore, trashScoreWithoutModel } from '../../src/analysis/trash.ts';

/** Exponential times with a group that breaks `ratio` times more slowly; quantiles of the distribution, so no luck is in them. */
function twoGroups(ratio: number, perGroup = 200): SurvivalTable {
  const quantile = (k: number) => -Math.log(1 - (k + 0.5) / perGroup);
  const index = Array.from({ length: 2 * perGroup }, (_, i) => i);
  return survivalTable({
    durations: index.map((i) => quantile(i % perGroup) * (i < perGroup ? 1 : ratio)),
    covariates: { defended: index.map((i) => (i < perGroup ? 0 : 1)) },
  });
}

describe('cost per sample', () => {
  test('is total over samples', () => {
    expect(costPerSample(96, 48_000)).toBe(0.002);
  });

  test('catches the paper inversion where it can: exchanged arguments give a number of samples that is not whole', () => {
    expect(() => costPerSample(48_000, 118.37)).toThrow(/training samples: 118.37 should be a positive whole number/);
    expect(() => costPerSample(0, 100)).toThrow(/training cost: 0/);
    expect(() => costPerSample(Number.NaN, 100)).toThrow(/training cost: NaN/);
  });
});

describe('TRASH of a fitted model', () => {
  test('is the training cost per sample over the restricted mean, closed form of the exponential', () => {
    const table = twoGroups(4);
    const fit = fitAcceleratedFailureTime(table, { distribution: exponential });
    const [intercept, slope] = fit.estimates;
    const horizon = 2;
    const mean = (rate: number) => (1 - Math.exp(-rate * horizon)) / rate;
    const expected = (mean(Math.exp(-intercept)) + mean(Math.exp(-intercept - slope))) / 2;
    const trash = trashScore(fit, {
      trainingCostPerSample: costPerSample(300, 100),
      rows: [{ defended: 0 }, { defended: 1 }],
      horizon,
    });
    expect(trash.expectedTime.estimate).toBeCloseTo(expected, 12);
    expect(trash.score).toBeCloseTo(3 / expected, 12);
    // The published inversion (samples per second) would have said:
    expect(Math.abs(trash.score / (1 / 3 / expected))).toBeCloseTo(9, 12);
    expect(readTrash(trash)).toBe('cheaper to break');
  });

  test('orders models by cost, as the inverted ratio does not', () => {
    const fit = fitAcceleratedFailureTime(twoGroups(1.0001), { distribution: exponential });
    const rows = [{ defended: 0 }];
    const samples = 48_000;
    // The authors' median training times of ResNet-18 and -152 on MNIST.
    const score = (seconds: number) =>
      trashScore(fit, { trainingCostPerSample: costPerSample(seconds, samples), rows }).score;
    expect(score(243)).toBeGreaterThan(score(118));
    expect(score(243) / score(118)).toBeCloseTo(243 / 118, 12);
  });

  test('interval by the delta method on the log scale, against the closed form of one exponential rate', () => {
    // E = mean (1 - exp(-h / mean)); d log E / d log mean = 1 - x exp(-x) / (1 - exp(-x)), x = h / mean; se(log mean) = 1 / sqrt(d).
    const durations = [0.2, 0.5, 0.7, 1.1, 1.3, 1.9, 2.4, 3, 3, 3];
    const events = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0];
    const fit = fitAcceleratedFailureTime(survivalTable({ durations, events }), { distribution: exponential });
    const mean = durations.reduce((a, b) => a + b) / 7;
    const x = 3 / mean;
    const slope = 1 - (x * Math.exp(-x)) / (1 - Math.exp(-x));
    const expectedTime = mean * (1 - Math.exp(-x));
    const spread = Math.exp((1.959963984540054 * slope) / Math.sqrt(7));
    const trash = trashScore(fit, { trainingCostPerSample: 1, rows: [{}] });
    expect(trash.horizon).toBe(3);
    expect(trash.score).toBeCloseTo(1 / expectedTime, 12);
    expect(trash.lower).toBeCloseTo(1 / (expectedTime * spread), 12);
    expect(trash.upper).toBeCloseTo(spread / expectedTime, 12);
    expect(readTrash(trash)).toBe('cheaper to train');
    expect(readTrash(trashScore(fit, { trainingCostPerSample: 2, rows: [{}] }))).toBe('undecided');
  });

  test('samples attacked at several strengths count once when they are clusters', () => {
    // Every sample stands in the table twice, with the same time: no new information.
    const times = [0.3, 0.5, 0.6, 0.9, 1.4, 1.5, 2.2, 2.8, 3.1, 4];
    const durations = [...times, ...times];
    const clusters = durations.map((_, i) => i % times.length);
    const once = fitAcceleratedFailureTime(survivalTable({ durations: times }), {
      distribution: weibull,
      covariance: 'robust',
    });
    const twice = fitAcceleratedFailureTime(survivalTable({ durations, clusters }), {
      distribution: weibull,
      covariance: 'robust',
    });
    const options = { trainingCostPerSample: 1, rows: [{}] };
    expect(trashScore(twice, options).upper).toBeCloseTo(trashScore(once, options).upper, 9);
    const naive = fitAcceleratedFailureTime(survivalTable({ durations }), {
      distribution: weibull,
      covariance: 'robust',
    });
    expect(trashScore(naive, options).upper).toBeLessThan(trashScore(twice, options).upper);
  });

  test.each([1e-6, 1, 1e9])('does not depend on the unit of cost (%d)', (unit) => {
    const table = twoGroups(3, 40);
    const scaled = survivalTable({
      durations: table.lower.map((time) => time * unit),
      covariates: table.covariates,
    });
    const score = (t: SurvivalTable, cost: number) =>
      trashScore(fitAcceleratedFailureTime(t, { distribution: logNormal }), {
        trainingCostPerSample: cost,
        rows: covariateRows(t),
      });
    const one = score(table, 0.7);
    const other = score(scaled, 0.7 * unit);
    // Rounding of log(unit) in the intercept: 21 units in the last place.
    expect(other.score / one.score).toBeCloseTo(1, 12);
    expect(other.upper / one.upper).toBeCloseTo(1, 10);
  });

  test("on the paper's encoding, with the time of one sample", () => {
    const runs = [0.1, 0.3, 0.9].map((adversarialAccuracy, k) => ({
      adversarialAccuracy,
      attackSize: 100,
      time: (k + 1) / 100,
      covariates: {},
    }));
    const table = survivalTable(paperEncoding(runs));
    expect(Array.from(table.weights)).toEqual([90, 10, 70, 30, 10, 90]);
    expect(Array.from(table.upper)).toEqual([0.01, Infinity, 0.02, Infinity, 0.03, Infinity]);
    expect(Array.from(table.clusters!)).toEqual([0, 0, 1, 1, 2, 2]);
    const fit = fitAcceleratedFailureTime(table, { distribution: exponential });
    // The rate of the exponential is failures over time observed: 170 / (1 + 2 + 3).
    expect(Math.exp(-fit.estimates[0])).toBeCloseTo(170 / 6, 9);
  });

  test('refuses what it cannot use, naming it', () => {
    const fit = fitAcceleratedFailureTime(twoGroups(2), { distribution: exponential });
    expect(() => trashScore(fit, { trainingCostPerSample: 1, rows: [] })).toThrow(/no rows/);
    expect(() => trashScore(fit, { trainingCostPerSample: 1, rows: [{}] })).toThrow(/covariate "defended" is missing/);
    expect(() => trashScore(fit, { trainingCostPerSample: -1, rows: [{ defended: 0 }] })).toThrow(
      /-1 should be positive/,
    );
    expect(() => paperEncoding([{ adversarialAccuracy: 1.2, attackSize: 100, time: 1, covariates: {} }])).toThrow(
      /run 1: .* 1.2/,
    );
    expect(() => paperEncoding([{ adversarialAccuracy: 1, attackSize: 0.5, time: 1, covariates: {} }])).toThrow(
      /attack size 0.5/,
    );
  });
});

describe('TRASH without a model', () => {
  test('every sample breaks at the same time', () => {
    const table = survivalTable({ durations: [0.02, 0.02, 0.02] });
    const trash = trashScoreWithoutModel(table, { trainingCostPerSample: 0.05 });
    expect(trash).toMatchObject({ score: 2.5, lower: 2.5, upper: 2.5 });
    expect(readTrash(trash)).toBe('cheaper to break');
  });

  test('is cost over the area under the Kaplan-Meier curve', () => {
    // Area to 4: 1 + 0.75 + 0.5 + 0.25 (all four fail, one each at 1, 2, 3, 4).
    const trash = trashScoreWithoutModel(survivalTable({ durations: [1, 2, 3, 4] }), { trainingCostPerSample: 5 });
    expect(trash.score).toBeCloseTo(2, 14);
    expect(trash.lower).toBeLessThan(2);
    expect(trash.upper).toBeGreaterThan(2);
  });

  test('no failure: an upper bound from the exact binomial limit on survival', () => {
    // 100 samples followed to 3 without a failure: S(3) >= 0.05^(1/100) = 0.97049 at 95 % (the "rule of three": 1 - 3/100).
    const table = survivalTable({ durations: Array(100).fill(3), events: Array(100).fill(0) });
    const trash = trashScoreWithoutModel(table, { trainingCostPerSample: 0.6 });
    expect(trash.score).toBeCloseTo(0.2, 15);
    expect(trash.lower).toBeCloseTo(0.2, 15);
    expect(trash.upper).toBeCloseTo(0.2 / 0.9704869503929601, 12);
    expect(readTrash(trash)).toBe('cheaper to train');
  });

  test('no failure: one sample at ten strengths is one sample', () => {
    const table = survivalTable({
      durations: Array(10).fill(3),
      events: Array(10).fill(0),
      clusters: Array(10).fill('a'),
    });
    // One sample followed to 3: S(3) >= 0.05.
    expect(trashScoreWithoutModel(table, { trainingCostPerSample: 3 }).upper).toBeCloseTo(1 / 0.05, 12);
  });
});

describe('TRASH in money', () => {
  const table = survivalTable({ durations: [1, 2, 3, 4], events: [1, 1, 1, 0] });
  const score = trashScoreWithoutModel(table, { trainingCostPerSample: 6 });

  test('is each cost at its price', () => {
    // Area under 1, 3/4, 1/2, 1/4 is 2.5 seconds; 6 seconds of training at 2 cents, attack at half a cent a second.
    const priced = pricedTrash(score, { training: 0.02, attack: 0.005, currency: 'EUR' });
    expect(priced.trainingCost).toBeCloseTo(0.12, 14);
    expect(priced.breakingCost.estimate).toBeCloseTo(0.0125, 14);
    expect(priced.score).toBeCloseTo(0.12 / 0.0125, 12);
    expect(priced.lower / score.lower).toBeCloseTo(4, 12);
    expect(priced.upper / score.upper).toBeCloseTo(4, 12);
    expect(readTrash(priced)).toBe('cheaper to break');
  });

  test('is the score itself at one price for both', () => {
    expect(pricedTrash(score, { training: 3, attack: 3, currency: 'USD' }).score).toBe(score.score);
  });

  test('refuses what is no price', () => {
    expect(() => pricedTrash(score, { training: 1, attack: 0, currency: 'EUR' })).toThrow(/price of attack, 0,/);
  });
});
