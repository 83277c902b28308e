import * as Plot from '@observablehq/plot';
import { interval, number } from '../format.ts';
import type { Html } from '../html.ts';
import { readable } from '../names.ts';
import type { TrashLine } from '../report.ts';
import { axisX, draw, GRID, type Grid, logTicks, seriesChannels, seriesScales } from './figure.ts';

/** TRASH with its interval on a logarithmic axis that shows 1, a panel for each model, a line for each defence. */
export function trashChart(trash: readonly TrashLine[], { models, defences }: Grid): Html {
  const lines = trash.flatMap(({ value, lower, upper, ...rest }) =>
    value === null || lower === null || upper === null ? [] : [{ ...rest, value, lower, upper }],
  );
  const text = lines.map((line) => ({ ...line, text: `${number(line.value)} (${interval(line.lower, line.upper)})` }));
  // A fifth of a decade of air on both sides, and 1 always in sight.
  const low = Math.min(0.6, ...lines.map(({ lower }) => lower / 1.6));
  const high = Math.max(1.6, ...lines.map(({ upper }) => upper * 1.6));
  return draw(
    {
      height: 70 + models.length * (24 + 24 * defences.length),
      marginLeft: 190,
      marginRight: 170,
      marginTop: 34,
      marginBottom: 40,
      ...seriesScales(defences),
      x: {
        type: 'log',
        domain: [low, high],
      },
      y: { domain: [...defences], label: null, tickSize: 0, tickFormat: readable },
      fy: { domain: models, label: null, padding: 0.25, axis: null },
      marks: [
        axisX(logTicks(low, high), 'TRASH: training cost per image ÷ mean cost to break one'),
        Plot.gridX(logTicks(low, high), GRID),
        Plot.ruleX([1], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text(models, {
          fy: (d) => d,
          text: (d) => d,
          frameAnchor: 'top-left',
          dx: -180,
          dy: -16,
          fontWeight: 600,
          textAnchor: 'start',
        }),
        Plot.text(['costlier to break'], {
          x: [1],
          frameAnchor: 'top',
          dy: -30,
          dx: -8,
          textAnchor: 'end',
          text: (d) => `← ${d}`,
          fy: [models[0]],
        }),
        Plot.text(['cheaper to break'], {
          x: [1],
          frameAnchor: 'top',
          dy: -30,
          dx: 8,
          textAnchor: 'start',
          text: (d) => `${d} →`,
          fy: [models[0]],
        }),
        Plot.ruleY(lines, {
          x1: 'lower',
          x2: 'upper',
          y: 'defence',
          fy: 'model',
          ...seriesChannels('defence', 'stroke'),
          strokeWidth: 2,
        }),
        Plot.dot(lines, {
          x: 'value',
          y: 'defence',
          fy: 'model',
          ...seriesChannels('defence', 'fill', { symbol: true }),
          r: 5,
        }),
        Plot.text(text, { y: 'defence', fy: 'model', text: 'text', frameAnchor: 'right', dx: 160, textAnchor: 'end' }),
      ],
    },
    `TRASH: ${text.map((line) => `${line.model}, ${readable(line.defence)}: ${line.text}`).join('; ')}.`,
  );
}
