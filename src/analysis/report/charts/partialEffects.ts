import * as Plot from '@observablehq/plot';
import { parameter } from '../format.ts';
import type { Html } from '../html.ts';
import { axisX, draw, evenTicks, GRID, SERIES, seriesChannels, seriesColour } from './figure.ts';

/** Predicted survival at some values of one covariate, the others at their means. */
export interface PartialEffect {
  readonly covariate: string;
  readonly curves: readonly {
    readonly value: number | string;
    readonly points: readonly { readonly time: number; readonly survival: number }[];
  }[];
}

const COLUMNS = 3;

/** A panel for each covariate, three in a row, a line for each of its values. */
export function partialEffectsChart(effects: readonly PartialEffect[], timeLabel: string): Html {
  const last = effects.reduce(
    (most, { curves }) => curves.reduce((late, { points }) => Math.max(late, points[points.length - 1].time), most),
    0,
  );
  const place = (index: number) => ({ column: index % COLUMNS, row: Math.floor(index / COLUMNS) });
  const points = effects.flatMap(({ curves }, index) =>
    curves.flatMap(({ value, points: own }, level) =>
      own.map((point) => ({ ...point, ...place(index), value, level: String(level) })),
    ),
  );
  const labels = effects.flatMap(({ curves }, index) =>
    curves.map(({ value }, level) => ({
      ...place(index),
      level,
      text: typeof value === 'number' ? parameter(value) : value,
    })),
  );
  const levels = Array.from(
    { length: effects.reduce((most, { curves }) => Math.max(most, curves.length), 0) },
    (_, k) => k,
  );
  const rows = Math.ceil(effects.length / COLUMNS);
  const ticks = evenTicks(0, last).filter((_, index) => index % 2 === 0);
  return draw(
    {
      height: 60 + 210 * rows,
      marginLeft: 48,
      marginRight: 16,
      marginTop: 12,
      marginBottom: 44,
      fx: { axis: null, padding: 0.1, domain: Array.from({ length: Math.min(COLUMNS, effects.length) }, (_, k) => k) },
      fy: { axis: null, padding: 0.22, domain: Array.from({ length: rows }, (_, k) => k) },
      color: { domain: levels.map(String), range: levels.map((level) => seriesColour(level % SERIES)) },
      x: { domain: [0, last] },
      y: { domain: [0, 1], label: null, tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
        axisX(ticks, `${timeLabel} →`),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.lineY(points, {
          x: 'time',
          y: 'survival',
          fx: 'column',
          fy: 'row',
          ...seriesChannels('level', 'stroke'),
          strokeWidth: 2,
        }),
        Plot.text(effects, {
          fx: (_, index) => place(index).column,
          fy: (_, index) => place(index).row,
          text: 'covariate',
          frameAnchor: 'top-left',
          dy: -14,
          fontWeight: 600,
        }),
        ...levels.map((level) =>
          Plot.text(
            labels.filter((label) => label.level === level),
            {
              fx: 'column',
              fy: 'row',
              text: 'text',
              frameAnchor: 'top-right',
              dy: 4 + 15 * level,
              dx: -4,
              fill: seriesColour(level % SERIES),
              fontWeight: 600,
            },
          ),
        ),
      ],
    },
    `Predicted survival at several values of ${effects.map(({ covariate }) => covariate).join(', ')}, the other covariates at their means.`,
  );
}
