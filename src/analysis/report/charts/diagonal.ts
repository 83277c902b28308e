import * as Plot from '@observablehq/plot';
import { number, tick } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { axisX, draw, evenTicks, everyOther, GRID, hoverPoints, type Layout, MOST_HOVER } from './figure.ts';

export interface DiagonalChart {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Points are joined to a line. */
  readonly line: boolean;
  readonly description: string;
}

/** Points that lie on the diagonal if a model holds (calibration, Q-Q), on a square. */
export function diagonalChart({ points, xLabel, yLabel, line, description }: DiagonalChart, layout: Layout): Html {
  const high = points.reduce((most, { x, y }) => Math.max(most, x, y), 0);
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const ticks = evenTicks(0, high);
  const place =
    layout === 'wide'
      ? { height: 470, marginLeft: 230, marginRight: 230 }
      : { height: 402, marginLeft: 54, marginRight: 22 };
  return draw(
    layout,
    {
      ...place,
      marginTop: 30,
      marginBottom: 46,
      x: { domain: [0, high] },
      y: { domain: [0, high], label: `↑ ${yLabel}`, labelArrow: 'none', labelOffset: 40, ticks, tickFormat: tick },
      marks: [
        Plot.gridX(ticks, GRID),
        Plot.gridY(ticks, GRID),
        axisX(ticks, `${xLabel} →`),
        Plot.line([0, high], { x: (d) => d, y: (d) => d, stroke: 'currentColor', strokeDasharray: '3 3' }),
        line
          ? Plot.line(sorted, { x: 'x', y: 'y', stroke: 'var(--accent)', strokeWidth: 2 })
          : Plot.dot(sorted, { x: 'x', y: 'y', fill: 'var(--accent)', fillOpacity: 0.6, r: 2.5 }),
        ...(line
          ? [Plot.ruleX(sorted, { x: 'x', y1: 0, y2: 0.025 * high, stroke: 'var(--accent)', strokeOpacity: 0.4 })]
          : []),
        hoverPoints(
          everyOther(sorted, MOST_HOVER),
          'x',
          'y',
          ({ x, y }) => `${xLabel} ${number(x)}: ${yLabel} ${number(y)}`,
        ),
      ],
    },
    description,
  );
}
