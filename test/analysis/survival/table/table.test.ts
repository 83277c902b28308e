import { describe, expect, test } from 'vitest';
import {
  failedWeight,
  lastObservedTime,
  type SurvivalColumns,
  selectRows,
  survivalTable,
  totalWeight,
} from '../../../../src/analysis/survival/index.ts';

describe('a survival table', () => {
  const mistakes: [string, SurvivalColumns, string][] = [
    ['a negative duration', { durations: [-1] }, 'column "durations", row 1: -1 should be a time of 0 or more'],
    ['a duration that is not a number', { durations: [1, Number.NaN] }, 'column "durations", row 2: NaN'],
    ['an infinite duration', { durations: [Infinity] }, 'column "durations", row 1: Infinity'],
    [
      "R's 1/2 coding of events",
      { durations: [1, 2], events: [1, 2] },
      'column "events", row 2: 2 should be 0 (censored) or 1',
    ],
    ['columns of unequal length', { durations: [1, 2], events: [1] }, 'column "events" has 1 rows, the others have 2'],
    ['a weight of zero', { durations: [1], weights: [0] }, 'column "weights", row 1: 0'],
    ['entry at the failure', { durations: [1, 2], entry: [0, 2] }, 'column "entry", row 2: 2 should be a time before'],
    ['a missing covariate', { durations: [1], covariates: { age: [Number.NaN] } }, 'column "age", row 1: NaN'],
    [
      'bounds that are exchanged',
      { lower: [1, 3], upper: [2, 2] },
      'column "upper", row 2: 2 should be a time from 3 on',
    ],
    ['no rows', { durations: [] }, 'no rows'],
    ['no times', {}, 'durations'],
    ['two kinds of times', { durations: [1], lower: [1], upper: [1] }, 'exclude each other'],
  ];
  test.each(mistakes)('refuses %s', (_, columns, message) => {
    expect(() => survivalTable(columns)).toThrow(
      expect.objectContaining({ name: 'InputError', message: expect.stringContaining(message) }),
    );
  });

  test('counts with weights, and keeps a selection whole', () => {
    const table = survivalTable({
      durations: [1, 5, 3],
      events: [true, false, 1],
      weights: [2, 3, 4],
      clusters: ['a', 'b', 'a'],
      covariates: { eps: [0.1, 0.2, 0.3] },
    });
    expect(totalWeight(table)).toBe(9);
    expect(failedWeight(table)).toBe(6);
    expect(lastObservedTime(table)).toBe(5);
    const weak = selectRows(table, (row) => table.covariates.eps[row] <= 0.2);
    expect(Array.from(weak.lower)).toEqual([1, 5]);
    expect(Array.from(weak.upper)).toEqual([1, Infinity]);
    expect(Array.from(weak.clusters!)).toEqual([0, 1]);
    expect(Array.from(weak.covariates.eps)).toEqual([0.1, 0.2]);
  });
});
