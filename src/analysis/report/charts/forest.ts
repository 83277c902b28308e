import * as Plot from '@observablehq/plot';
import { interval, number } from '../format.ts';
import type { Html } from '../html.ts';
import { covariateName } from '../names.ts';
import type { SurvivalSection } from '../report.ts';
import { axisX, draw, GRID, logTicks } from './figure.ts';

/** A ratio with its interval. */
export interface ForestLine {
  readonly name: string;
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Width of a letter, in the mean and generously. */
const LETTER = 6.6;

/** Ratios with their intervals on a logarithmic axis, a line for each; `what` they are begins the description. */
export function ratioForest(lines: readonly ForestLine[], what: string, label: string): Html {
  const names = lines.map(({ name }) => name);
  const text = lines.map((line) => ({ ...line, text: `${number(line.value)} (${interval(line.lower, line.upper)})` }));
  const low = Math.min(1, ...lines.map(({ lower }) => lower)) / 1.15;
  const high = Math.max(1, ...lines.map(({ upper }) => upper)) * 1.15;
  return draw(
    {
      height: 64 + 30 * lines.length,
      marginLeft: Math.max(300, 24 + LETTER * names.reduce((longest, name) => Math.max(longest, name.length), 0)),
      marginRight: 170,
      marginTop: 28,
      marginBottom: 36,
      x: {
        type: 'log',
        domain: [low, high],
      },
      y: { domain: names, label: null, tickSize: 0 },
      marks: [
        axisX(logTicks(low, high), label),
        Plot.gridX(logTicks(low, high), GRID),
        Plot.ruleX([1], { stroke: 'currentColor', strokeDasharray: '2 3' }),
        Plot.ruleY(lines, { x1: 'lower', x2: 'upper', y: 'name', stroke: 'var(--accent)', strokeWidth: 2 }),
        Plot.dot(lines, { x: 'value', y: 'name', fill: 'var(--accent)', symbol: 'square', r: 3.5 }),
        Plot.text(text, { y: 'name', text: 'text', frameAnchor: 'right', dx: 160, textAnchor: 'end' }),
      ],
    },
    `${what}: ${text.map((line) => `${line.name} ${line.text}`).join('; ')}.`,
  );
}

/** Time ratios of a study with their intervals, a line for each covariate. */
export function forestChart(survival: SurvivalSection): Html {
  const lines = survival.coefficients.flatMap(({ name, timeRatio }) =>
    timeRatio === null ? [] : [{ ...timeRatio, name: covariateName(name, timeRatio.unit, survival) }],
  );
  return ratioForest(lines, 'Time ratios', 'Time ratio: longer survival →');
}
