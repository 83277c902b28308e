import { expect, test } from 'vitest';
import { logTicks } from '../../../../src/analysis/report/charts/figure.ts';
import { timeAxis } from '../../../../src/analysis/report/charts/timeAxis.ts';
import type { SurvivalCurve } from '../../../../src/analysis/report/document.ts';

function curve(...times: number[]): SurvivalCurve {
  const steps = times.map((time) => ({ time, survival: 0.5, lower: 0, upper: 1, atRisk: 1, events: 1, censored: 0 }));
  return { model: 'm', defence: 'd', attack: 'a', samples: 2, failures: 1, median: null, steps, fitted: [] };
}

test.each([
  [0.4, 300, [0.5, 1, 2, 5, 10, 20, 50, 100, 200]],
  [0.03, 2e5, [0.1, 1, 10, 100, 1000, 10_000, 100_000]],
  [0.6, 3, [0.7, 1, 2, 3]],
  [0.95, 1.32, [0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3]],
])('round numbers between %s and %s on a logarithmic axis', (low, high, ticks) => {
  expect(logTicks(low, high)).toEqual(ticks);
});

test('times of one size stand on a linear axis from 0, with round ticks in a handy unit', () => {
  expect(timeAxis([curve(0.0004, 0.0007), curve(0.0011)], 'seconds')).toEqual({
    type: 'linear',
    unit: { divisor: 1e-3, symbol: 'ms' },
    domain: [0, 0.0011 / 1e-3],
    ticks: [0, 0.2, 0.4, 0.6, 0.8, 1],
  });
});

test('times of many sizes stand on a logarithmic axis', () => {
  const { type, domain, ticks } = timeAxis([curve(3, 10), curve(30, 300)], 'queries');
  expect([type, domain, ticks]).toEqual(['log', [2, 300], [2, 5, 10, 20, 50, 100, 200]]);
});
