import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kaplanMeier, restrictedMeanSurvival, survivalTable } from '../../../../src/analysis/survival/index.ts';

interface Curve {
  readonly time: readonly number[];
  readonly survival: readonly number[];
  readonly stdErr: readonly number[];
  readonly lower: readonly (number | null)[];
  readonly upper: readonly (number | null)[];
  readonly horizon: number;
  readonly rmean: number;
}

/** R's survfit with `cluster` on 227 rows of lung in 18 institutions; see the R file beside it. */
const reference = JSON.parse(
  readFileSync(new URL('../../../fixtures/survival/clusteredCurves.json', import.meta.url), 'utf8'),
) as {
  readonly rows: Readonly<Record<'time' | 'event' | 'inst' | 'entry' | 'weight', readonly number[]>>;
  readonly plain: Curve;
  readonly entry: Curve;
  readonly weights: Curve;
};
const { time, event, inst, entry, weight } = reference.rows;
const columns = { durations: time, events: event, clusters: inst };

describe.each([
  ['plain', survivalTable(columns)],
  ['entry', survivalTable({ ...columns, entry })],
  ['weights', survivalTable({ ...columns, weights: weight })],
] as const)("a curve of clusters, %s, against R's", (name, table) => {
  const expected = reference[name];
  const estimate = kaplanMeier(table);

  test('standard errors and limits at every time', () => {
    expect(Array.from(estimate.times)).toEqual(expected.time);
    expected.time.forEach((_, k) => {
      expect(estimate.survival[k]).toBeCloseTo(expected.survival[k], 12);
      if (expected.survival[k] === 0) return;
      // Of a robust curve R tells the standard error of S itself (logse is FALSE).
      expect(estimate.survival[k] * estimate.standardErrorLog[k]).toBeCloseTo(expected.stdErr[k], 12);
      expect(estimate.lower[k]).toBeCloseTo(expected.lower[k]!, 12);
      expect(estimate.upper[k]).toBeCloseTo(expected.upper[k]!, 12);
    });
  });

  test('restricted mean; its standard error is the root of the sum of squared derivatives by the weights of clusters', () => {
    const { horizon } = expected;
    const { estimate: mean, standardError } = restrictedMeanSurvival(estimate, horizon, table);
    expect(mean).toBeCloseTo(expected.rmean, 10);
    // R's own se(rmean) is Greenwood's, with cluster or without. Central differences err by the square of their step.
    const step = 1e-4;
    const meanWith = (cluster: number, change: number) => {
      const weights = table.weights.map((own, row) => own * (table.clusters![row] === cluster ? 1 + change : 1));
      const changed = { ...table, weights };
      return restrictedMeanSurvival(kaplanMeier(changed), horizon, changed).estimate;
    };
    const squares = [...new Set(table.clusters!)].map(
      (cluster) => ((meanWith(cluster, step) - meanWith(cluster, -step)) / (2 * step)) ** 2,
    );
    expect(standardError).toBeCloseTo(Math.sqrt(squares.reduce((sum, square) => sum + square, 0)), 7);
  });
});

test('rows of clusters of their own have the errors of the jackknife, equal to Greenwood where nothing is censored', () => {
  const durations = [1, 2, 2, 3, 5, 8];
  const alone = kaplanMeier(survivalTable({ durations, clusters: durations.map((_, i) => i) }));
  const greenwood = kaplanMeier(survivalTable({ durations }));
  alone.standardErrorLog.forEach((error, k) => {
    if (greenwood.survival[k] > 0) expect(error).toBeCloseTo(greenwood.standardErrorLog[k], 14);
    else expect(error).toBe(Infinity);
  });
});

// The estimate of a robust variance is a sum over clusters whose terms add up to 0: one cluster is a sample of one, which has none.
test('rows of one cluster have a curve without standard error and limits', () => {
  const table = survivalTable({ durations: [1, 2, 3, 4], events: [0, 1, 1, 0], clusters: ['a', 'a', 'a', 'a'] });
  const estimate = kaplanMeier(table);
  expect(Array.from(estimate.survival)).toEqual([1, 2 / 3, 1 / 3, 1 / 3]);
  for (const values of [estimate.standardErrorLog, estimate.lower, estimate.upper])
    expect(Array.from(values)).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  // 1 up to 2, then 2/3 and 1/3 for one each.
  const mean = restrictedMeanSurvival(estimate, 4, table);
  expect(mean.estimate).toBeCloseTo(3, 12);
  expect(mean.standardError).toBe(Number.NaN);
});

test('every row twice in its cluster is every row once', () => {
  const durations = [1, 2, 2.5, 4, 5];
  const events = [1, 1, 0, 1, 1];
  const once = kaplanMeier(survivalTable({ durations, events, clusters: [0, 1, 2, 3, 4] }));
  const table = survivalTable({
    durations: [...durations, ...durations],
    events: [...events, ...events],
    clusters: [0, 1, 2, 3, 4, 0, 1, 2, 3, 4],
  });
  const twice = kaplanMeier(table);
  twice.standardErrorLog.forEach((error, k) => {
    if (Number.isFinite(error)) expect(error).toBeCloseTo(once.standardErrorLog[k], 14);
  });
  expect(twice.standardErrorLog[0]).toBeGreaterThan(0);
});
