import { describe, expect, test } from 'vitest';
import {
  bootstrap,
  exponential,
  fitAcceleratedFailureTime,
  predictMean,
  predictMedian,
  type SurvivalTable,
  survivalTable,
  totalWeight,
  weibull,
} from '../../../src/analysis/survival/index.ts';
import { reference, relativeError, tableOf, uniform } from '../../support/survivalFixtures.ts';

const lung = tableOf(reference('lung'));
const row = { age: 65, sex: 1, 'ph.ecog': 1, 'ph.karno': 80 };

describe('bootstrap', () => {
  test('agrees with the delta method on a predicted median of lung', () => {
    const statistic = (table: SurvivalTable) => [
      predictMedian(fitAcceleratedFailureTime(table, { distribution: weibull }), row).estimate,
    ];
    const { intervals, replicates, failed } = bootstrap(lung, statistic, { replicates: 300, seed: 1 });
    const delta = predictMedian(fitAcceleratedFailureTime(lung, { distribution: weibull }), row);
    expect([replicates, failed]).toEqual([300, 0]);
    expect(intervals[0].estimate).toBe(delta.estimate);
    // A standard deviation of 300 draws is itself off by 1 / sqrt(600) = 4 %; four of these, and the model is not exact.
    expect(relativeError(intervals[0].standardError, delta.standardError)).toBeLessThan(0.25);
    expect(relativeError(intervals[0].lower, delta.lower)).toBeLessThan(0.1);
    expect(relativeError(intervals[0].upper, delta.upper)).toBeLessThan(0.1);
  });

  test('draws as many samples as there are, the same with the same seed', () => {
    const table = survivalTable({ durations: [1, 2, 3], weights: [5, 1, 4] });
    const totals: number[] = [];
    const draw = (seed: number) =>
      bootstrap(
        table,
        (drawn) => {
          totals.push(totalWeight(drawn));
          return [drawn.weights[0]];
        },
        { replicates: 50, seed },
      ).intervals[0];
    expect(draw(3)).toEqual(draw(3));
    expect(draw(3)).not.toEqual(draw(4));
    expect(new Set(totals)).toEqual(new Set([10]));
    // The count of the first row is binomial(10, 1/2): standard deviation sqrt(2.5).
    expect(Math.abs(draw(3).standardError - Math.sqrt(2.5))).toBeLessThan(0.5);
  });

  test('clusters are drawn whole: repeated rows do not narrow the interval', () => {
    const u = uniform(2);
    const times = Array.from({ length: 60 }, () => -Math.log(u()));
    const mean = (table: SurvivalTable) => [
      predictMean(fitAcceleratedFailureTime(table, { distribution: exponential }), {}).estimate,
    ];
    const four = times.flatMap((time) => [time, time, time, time]);
    const options = { replicates: 400, seed: 5 };
    const single = bootstrap(survivalTable({ durations: times }), mean, options).intervals[0];
    const clusters = four.map((_, i) => Math.floor(i / 4));
    const clustered = bootstrap(survivalTable({ durations: four, clusters }), mean, options).intervals[0];
    const naive = bootstrap(survivalTable({ durations: four }), mean, options).intervals[0];
    expect(relativeError(clustered.standardError, single.standardError)).toBeLessThan(0.15);
    expect(relativeError(naive.standardError, single.standardError / 2)).toBeLessThan(0.15);
  });

  test('counts drawn tables without a fit, and gives up when they are many', () => {
    const table = survivalTable({ durations: [1, 2, 3, 4], events: [1, 0, 0, 0] });
    const fit = (drawn: SurvivalTable) => fitAcceleratedFailureTime(drawn, { distribution: exponential }).estimates;
    // No failure in a draw of four with probability (3/4)^4 = 0.32.
    expect(() => bootstrap(table, fit, { replicates: 100 })).toThrow(
      /drawn tables have no fit; one reason: no failure/,
    );
    expect(() => bootstrap(survivalTable({ durations: [1, 2], weights: [0.5, 1] }), fit)).toThrow(
      /row 1 has weight 0.5/,
    );
  });
});
