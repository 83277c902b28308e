import * as Plot from '@observablehq/plot';
import type { SurvivalSection } from '../document.ts';
import { ratioKind, ratioOf } from '../lines/ratios.ts';
import { interval, number } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { covariateName } from '../page/names.ts';
import { everyOther, type Layout, logTicks, MOST_TICKS } from './figure.ts';
import { rowChart } from './rowChart.ts';

/** A ratio with its interval. */
export interface ForestLine {
  readonly name: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Ratios with their intervals on a logarithmic axis, a line for each; `what` they are begins the description. */
export function ratioForest(lines: readonly ForestLine[], what: string, label: string, layout: Layout): Html {
  const rows = lines.map((line) => ({
    ...line,
    key: line.name,
    figures: `${number(line.value)} (${interval(line.lower, line.upper)})`,
  }));
  const low = Math.min(1, ...lines.map(({ lower }) => lower)) / 1.15;
  const high = Math.max(1, ...lines.map(({ upper }) => upper)) * 1.15;
  return rowChart(
    {
      rows,
      x: { type: 'log', domain: [low, high], ticks: everyOther(logTicks(low, high), MOST_TICKS), label },
      marks: [
        Plot.ruleX([1], { stroke: 'currentColor', strokeDasharray: '2 3' }),
        Plot.ruleY(lines, { x1: 'lower', x2: 'upper', y: 'name', stroke: 'var(--accent)', strokeWidth: 2 }),
        Plot.dot(lines, { x: 'value', y: 'name', fill: 'var(--accent)', symbol: 'square', r: 3.5 }),
      ],
      titles: new Map(rows.map(({ name, figures }) => [name, `${name}: ${figures}`])),
      description: `${what}: ${rows.map(({ name, figures }) => `${name} ${figures}`).join('; ')}.`,
    },
    layout,
  );
}

/** Time or hazard ratios of a study with their intervals, a line for each covariate. */
export function forestChart(survival: SurvivalSection, layout: Layout): Html {
  const lines = survival.coefficients.flatMap((line) => {
    const ratio = ratioOf(line);
    return ratio === null ? [] : [{ ...ratio, name: covariateName(line.name, ratio.unit, survival) }];
  });
  return ratioKind(survival) === 'time ratio'
    ? ratioForest(lines, 'Time ratios', 'Time ratio: longer survival →', layout)
    : ratioForest(lines, 'Hazard ratios', 'Hazard ratio: shorter survival →', layout);
}
