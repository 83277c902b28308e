import { describe, expect, test } from 'vitest';
import { logRankTest, survivalTable } from '../../../../src/analysis/survival/index.ts';
import { relativeError, scoreReferencesR } from '../../../support/survivalFixtures.ts';

describe('log-rank test', () => {
  const { rows, chisq } = scoreReferencesR().neverAtRisk;

  test("a group that no failure finds at risk is left out and counts no degree of freedom: R's survdiff", () => {
    const { statistic, degreesOfFreedom } = logRankTest(survivalTable({ durations: rows.t, events: rows.e }), rows.g);
    expect(relativeError(statistic, chisq)).toBeLessThan(1e-12);
    expect(degreesOfFreedom).toBe(1);
  });

  test('is the same with such a group removed, wherever it stands among the others', () => {
    const others = rows.g.flatMap((group, i) => (group === 'c' ? [] : [i]));
    const of = (order: readonly number[]) =>
      logRankTest(
        survivalTable({ durations: order.map((i) => rows.t[i]), events: order.map((i) => rows.e[i]) }),
        order.map((i) => rows.g[i]),
      );
    const all = rows.t.map((_, i) => i);
    const { statistic, p } = of(others);
    for (const order of [all, all.toReversed()]) {
      expect(of(order).statistic).toBeCloseTo(statistic, 13);
      expect(of(order).p).toBeCloseTo(p, 13);
    }
  });

  test('says nothing where one group alone was ever at risk', () => {
    const alone = survivalTable({ durations: [1, 2, 3, 4], events: [0, 0, 1, 1] });
    const { statistic, degreesOfFreedom, p } = logRankTest(alone, ['a', 'a', 'b', 'b']);
    expect([statistic, degreesOfFreedom, p]).toEqual([Number.NaN, 0, Number.NaN]);
  });

  test('refuses more groups than its covariance can be held for', () => {
    const durations = Array.from({ length: 201 }, (_, i) => i + 1);
    const groups = durations.map(String);
    expect(() => logRankTest(survivalTable({ durations }), groups)).toThrow(
      /log-rank test: 201 groups; at most 200 can be compared/,
    );
    const most = groups.map((_, i) => String(i % 200));
    expect(logRankTest(survivalTable({ durations }), most).degreesOfFreedom).toBe(199);
  });
});
