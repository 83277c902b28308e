import { parseHTML } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { accuracyPanels } from '../../../../src/analysis/report/charts/accuracy.ts';
import { costChart } from '../../../../src/analysis/report/charts/cost.ts';
import { groupSurvivalChart } from '../../../../src/analysis/report/charts/groupSurvival.ts';
import { partialEffectsChart } from '../../../../src/analysis/report/charts/partialEffects.ts';
import { survivalPanels } from '../../../../src/analysis/report/charts/survivalCurves.ts';
import { trashChart } from '../../../../src/analysis/report/charts/trash.ts';
import type { Html } from '../../../../src/analysis/report/page/html.ts';

/*
 * Names that are words of CSS and of Plot besides: `none` is what a study without defences has as its only series. Source of what is right:
 * one series, one colour of the page's own.
 */
const SERIES_NAMES = [['none'], ['red'], ['circle'], ['none', 'red'], ['none', 'feature-squeezing', 'circle']];

interface Painted {
  readonly parentElement: Painted | null;
  getAttribute(name: string): string | null;
}

/** How a mark is painted: by itself, or by the groups around it. */
function paintOf(mark: Painted, paint: 'fill' | 'stroke'): string | null {
  for (let each: Painted | null = mark; each !== null; each = each.parentElement) {
    const own = each.getAttribute(paint);
    if (own !== null) return own;
  }
  return null;
}

/** The colours of the marks of one kind, and their outlines. */
function marksOf({ html }: Html, kind: string, paint: 'fill' | 'stroke') {
  const { document } = parseHTML(`<html><body>${html}</body></html>`);
  const marks = [...document.querySelectorAll(`g.mark.${kind} path, g.mark.${kind} line, g.mark.${kind} circle`)];
  return {
    count: marks.length,
    colours: [...new Set(marks.map((mark) => paintOf(mark, paint)))].filter(
      (colour) => colour !== 'currentColor' && colour !== 'var(--rule)' && colour !== 'none',
    ),
  };
}

const colours = (names: readonly string[]) => names.map((_, index) => `var(--series-${index + 1})`);

const curve = {
  samples: 4,
  failures: 2,
  median: 2,
  fitted: [
    { time: 1, survival: 0.8 },
    { time: 3, survival: 0.4 },
  ],
};
const steps = [
  { time: 1, survival: 0.75, lower: 0.4, upper: 0.9, events: 1, censored: 0, atRisk: 4 },
  { time: 2, survival: 0.5, lower: 0.2, upper: 0.8, events: 1, censored: 1, atRisk: 3 },
];

describe.each(SERIES_NAMES.map((names) => ({ names })))('series $names', ({ names }) => {
  const grid = { models: ['ResNet-18'], defences: names };
  test('accuracy has a line a series and a dot a strength', () => {
    const lines = names.map((defence) => ({
      ...{ model: 'ResNet-18', defence, attack: 'fgm', norm: 'inf' as const, eps: 0.1, pixels: null },
      ...{ cleanAccuracy: 0.9, robustAccuracy: 0.5 },
    }));
    const [{ drawing: chart }] = accuracyPanels(lines, grid);
    expect(marksOf(chart, 'line', 'stroke')).toEqual({ count: names.length, colours: colours(names) });
    expect(marksOf(chart, 'dot', 'fill')).toEqual({ count: 2 * names.length, colours: colours(names) });
  });

  test('survival has curves, bands and marks of censoring', () => {
    const curves = names.map((defence) => ({ ...curve, steps, model: 'ResNet-18', defence }));
    const [{ drawing: chart }] = survivalPanels(curves as never, grid, 'queries', 'everything');
    expect(marksOf(chart, 'line', 'stroke')).toEqual({ count: 2 * names.length, colours: colours(names) });
    expect(marksOf(chart, 'area', 'fill')).toEqual({ count: names.length, colours: colours(names) });
    expect(marksOf(chart, 'dot', 'stroke')).toEqual({ count: names.length, colours: colours(names) });
  });

  test('TRASH has a dot and an interval a series', () => {
    const lines = names.map((defence) => ({ model: 'ResNet-18', defence, value: 2, lower: 1.5, upper: 3 }));
    const chart = trashChart(lines as never, grid, 'wide');
    expect(marksOf(chart, 'dot', 'fill')).toEqual({ count: names.length, colours: colours(names) });
    expect(marksOf(chart, 'rule', 'stroke').colours).toEqual(colours(names));
  });

  test('costs have a dot a model', () => {
    const costs = names.map((defence, k) => ({
      ...{ model: 'ResNet-18', defence, dataset: 'mnist', training: 2 + k, survival: 3 + k, front: false },
    }));
    const chart = costChart(costs as never, names, ({ defence }) => defence, 'seconds', 'wide');
    expect(marksOf(chart, 'dot', 'fill')).toEqual({ count: names.length, colours: colours(names) });
  });

  test("a table's groups have curves and bands", () => {
    const chart = groupSurvivalChart(
      names.map((group) => ({ group, steps, fitted: curve.fitted, atRisk: () => 4 })),
      'days',
      'arm',
    );
    expect(marksOf(chart, 'line', 'stroke')).toEqual({ count: 2 * names.length, colours: colours(names) });
    expect(marksOf(chart, 'area', 'fill')).toEqual({ count: names.length, colours: colours(names) });
  });

  test('partial effects have a line a value', () => {
    const effect = { covariate: 'defence', curves: names.map((value) => ({ value, points: curve.fitted })) };
    expect(marksOf(partialEffectsChart([effect], 'days'), 'line', 'stroke')).toEqual({
      count: names.length,
      colours: colours(names),
    });
  });
});
