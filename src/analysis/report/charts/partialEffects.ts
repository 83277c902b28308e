import * as Plot from '@observablehq/plot';
import { number, parameter, percent } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import {
  axisX,
  draw,
  evenTicks,
  everyOther,
  GRID,
  HALO,
  hoverPoints,
  MOST_HOVER,
  MOST_TICKS,
  type Panel,
  SERIES,
  seriesChannels,
  seriesColour,
} from './figure.ts';
import { tiled } from './tiled.ts';

/** Predicted survival at some values of one covariate, the others at their means. */
export interface PartialEffect {
  readonly covariate: string;
  readonly curves: readonly {
    readonly value: number | string;
    readonly points: readonly { readonly time: number; readonly survival: number }[];
  }[];
}

/** A panel for each covariate, a line for each of its values. */
export function partialEffectsPanels(effects: readonly PartialEffect[], timeLabel: string): Panel[] {
  const last = effects.reduce(
    (most, { curves }) => curves.reduce((late, { points }) => Math.max(late, points[points.length - 1].time), most),
    0,
  );
  return effects.map((effect) => ({ title: effect.covariate, drawing: effectPanel(effect, last, timeLabel) }));
}

/** Partial effects as one drawing, for files. */
export function partialEffectsChart(effects: readonly PartialEffect[], timeLabel: string): Html {
  return tiled(
    partialEffectsPanels(effects, timeLabel),
    `Predicted survival at several values of ${effects.map(({ covariate }) => covariate).join(', ')}, the other covariates at their means.`,
  );
}

function effectPanel({ covariate, curves }: PartialEffect, last: number, timeLabel: string): Html {
  const names = curves.map(({ value }) => (typeof value === 'number' ? parameter(value) : value));
  const points = curves.flatMap(({ points: ofLevel }, level) =>
    ofLevel.map((point) => ({ ...point, level: String(level), name: names[level] })),
  );
  const levels = curves.map((_, level) => String(level));
  const pointedAt = levels.flatMap((level) =>
    everyOther(
      points.filter((point) => point.level === level),
      MOST_HOVER,
    ),
  );
  return draw(
    'narrow',
    {
      height: 250,
      marginLeft: 54,
      marginRight: 24,
      marginTop: 26,
      marginBottom: 42,
      color: { domain: levels, range: levels.map((_, level) => seriesColour(level % SERIES)) },
      x: { domain: [0, last] },
      y: {
        domain: [0, 1],
        label: 'Surviving',
        labelArrow: 'none',
        tickFormat: (share: number) => percent(share, 0),
        ticks: 5,
      },
      marks: [
        Plot.gridY(GRID),
        axisX(everyOther(evenTicks(0, last), MOST_TICKS), `${timeLabel} →`),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.lineY(points, { x: 'time', y: 'survival', ...seriesChannels('level', 'stroke'), strokeWidth: 2 }),
        ...names.map((name, level) =>
          Plot.text([name], {
            text: (word) => word,
            frameAnchor: 'top-right',
            dy: 4 + 17 * level,
            dx: -4,
            ...HALO,
            fill: seriesColour(level % SERIES),
            fontWeight: 600,
          }),
        ),
        hoverPoints(
          pointedAt,
          'time',
          'survival',
          ({ name, time, survival }) =>
            `${covariate} ${name}, ${timeLabel} ${number(time)}: ${percent(survival)} survive`,
        ),
      ],
    },
    `Predicted survival at ${covariate} ${names.join(', ')}, the other covariates at their means.`,
  );
}
