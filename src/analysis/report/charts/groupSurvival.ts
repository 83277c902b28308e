import * as Plot from '@observablehq/plot';
import { count } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { axisX, draw, evenTicks, GRID, SERIES, seriesChannels, seriesColour } from './figure.ts';

/** The survival of one group of a table: steps as observed, with limits, and what a model expects. */
export interface GroupCurve {
  /** Empty where there is one group only. */
  readonly group: string;
  readonly steps: readonly {
    readonly time: number;
    readonly survival: number;
    readonly lower: number;
    readonly upper: number;
    readonly censored: number;
  }[];
  readonly fitted: readonly { readonly time: number; readonly survival: number }[];
  /** Weight at risk just before a time. */
  readonly atRisk: (time: number) => number;
}

const AXIS = 50;
const LINE = 17;

/** Kaplan-Meier curves with intervals, marks of censoring and, below the axis, the numbers at risk. */
export function groupSurvivalChart(curves: readonly GroupCurve[], timeLabel: string, groupLabel: string): Html {
  // An axis needs a length, also where everything ended at 0.
  const last = curves.reduce((most, { steps }) => steps.reduce((late, { time }) => Math.max(late, time), most), 0) || 1;
  const ticks = evenTicks(0, last);
  const names = curves.map(({ group }) => group);
  const start = { time: 0, survival: 1, lower: 1, upper: 1, censored: 0 };
  const steps = curves.flatMap(({ group, steps: ofGroup }) => [start, ...ofGroup].map((step) => ({ ...step, group })));
  const fitted = curves.flatMap(({ group, fitted: ofGroup }) => ofGroup.map((point) => ({ ...point, group })));
  const channels = { x: 'time', y: 'survival', ...seriesChannels('group', 'stroke') } as const;
  const several = curves.length > 1;
  const below = (line: number) => AXIS + LINE * (line + 1) - 4;
  return draw(
    'wide',
    {
      height: 330 + AXIS + LINE * (curves.length + 1),
      marginLeft: several ? 150 : 70,
      marginRight: 24,
      marginTop: 14,
      marginBottom: AXIS + LINE * (curves.length + 1) + 8,
      color: { domain: names, range: names.map((_, index) => seriesColour(index % SERIES)) },
      x: { domain: [0, last] },
      y: { domain: [0, 1], label: null, tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
        axisX(ticks, `${timeLabel} →`, { labelOffset: 36 }),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.areaY(
          steps.filter(({ lower, upper }) => Number.isFinite(lower) && Number.isFinite(upper)),
          {
            x: 'time',
            y1: 'lower',
            y2: 'upper',
            ...seriesChannels('group', 'fill'),
            fillOpacity: 0.14,
            curve: 'step-after',
          },
        ),
        Plot.lineY(fitted, { ...channels, strokeWidth: 1.5, strokeDasharray: '5 4' }),
        Plot.lineY(steps, { ...channels, strokeWidth: 2, curve: 'step-after' }),
        Plot.dot(
          steps.filter(({ censored }) => censored > 0),
          { ...channels, symbol: 'plus', r: 3, strokeWidth: 1 },
        ),
        Plot.text([several ? `At risk, by ${groupLabel}` : 'At risk'], {
          frameAnchor: 'bottom-left',
          dx: several ? -140 : -62,
          dy: below(0),
          textAnchor: 'start',
          text: (d) => d,
          fontWeight: 600,
        }),
        ...curves.flatMap((curve, line) => [
          Plot.text([curve.group], {
            frameAnchor: 'bottom-left',
            dx: -140,
            dy: below(line + 1),
            textAnchor: 'start',
            fill: seriesColour(line % SERIES),
            fontWeight: 600,
            text: (d) => d,
          }),
          Plot.text(ticks, {
            x: (tick) => tick,
            frameAnchor: 'bottom',
            dy: below(line + 1),
            text: (tick) => count(curve.atRisk(tick)),
            fill: several ? seriesColour(line % SERIES) : 'currentColor',
          }),
        ]),
      ],
    },
    `Share that survives against ${timeLabel}, with confidence intervals; numbers at risk below.`,
  );
}
