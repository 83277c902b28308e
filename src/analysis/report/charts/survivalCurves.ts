import * as Plot from '@observablehq/plot';
import type { Clock } from '../../study/schema.ts';
import type { Html } from '../html.ts';
import { clockNoun } from '../names.ts';
import type { Curve } from '../report.ts';
import { axisX, draw, GRID, type Grid, panelTicks, seriesChannels, seriesScales } from './figure.ts';
import { timeAxis } from './timeAxis.ts';

/** A curve with its panel and its line. */
export interface PlacedCurve extends Curve {
  readonly model: string;
  readonly defence: string;
}

/** More marks of censoring on a curve than this hide it. */
const MOST_MARKS = 40;

/**
 * Kaplan-Meier curves with the fitted survival and marks of censoring: a panel a model, a line a defence (or what stands for them).
 * @param what the figure shows, for those who do not see it
 */
export function survivalChart(
  curves: readonly PlacedCurve[],
  { models, defences }: Grid,
  clock: Clock,
  what: string,
): Html {
  const axis = timeAxis(curves, clock);
  const { divisor, symbol } = axis.unit;
  const [start] = axis.domain;
  const scale = axis.type === 'log' ? ', logarithmic' : '';
  const label = `${capital(clockNoun(clock))} per image${unitText(clock, symbol)}${scale} →`;
  const of = <T extends { time: number }>(curve: PlacedCurve, point: T) => ({
    ...point,
    time: Math.max(point.time / divisor, start),
    model: curve.model,
    defence: curve.defence,
  });
  const steps = curves.flatMap((curve) => [
    of(curve, { time: 0, survival: 1, lower: 1 as number | null, upper: 1 as number | null, censored: 0 }),
    ...curve.steps.map((step) => of(curve, step)),
  ]);
  const fitted = curves.flatMap((curve) =>
    curve.fitted.filter(({ time }) => time / divisor >= start).map((point) => of(curve, point)),
  );
  const censored = curves.flatMap((curve) =>
    everyOther(
      curve.steps.filter((step) => step.censored > 0),
      MOST_MARKS,
    ).map((step) => of(curve, step)),
  );
  const channels = { x: 'time', y: 'survival', fx: 'model' } as const;
  return draw(
    {
      height: 260,
      marginLeft: 48,
      marginTop: 30,
      marginBottom: 38,
      ...seriesScales(defences),
      fx: { domain: models, label: null, padding: 0.08 },
      x: {
        type: axis.type,
        domain: [...axis.domain],
      },
      y: { domain: [0, 1], label: 'Surviving', labelArrow: 'none', tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
        axisX(everyOther(axis.ticks, 2 * panelTicks(models.length)), label),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.areaY(
          steps.filter(({ lower, upper }) => lower !== null && upper !== null),
          {
            x: 'time',
            y1: 'lower',
            y2: 'upper',
            fx: 'model',
            ...seriesChannels('defence', 'fill'),
            fillOpacity: 0.1,
            curve: 'step-after',
          },
        ),
        Plot.lineY(fitted, {
          ...channels,
          ...seriesChannels('defence', 'stroke'),
          strokeWidth: 1.25,
          strokeDasharray: '4 3',
        }),
        Plot.lineY(steps, {
          ...channels,
          ...seriesChannels('defence', 'stroke'),
          strokeWidth: 1.75,
          curve: 'step-after',
        }),
        Plot.dot(censored, {
          ...channels,
          ...seriesChannels('defence', 'stroke'),
          symbol: 'plus',
          r: 3.5,
          strokeWidth: 1.25,
        }),
      ],
    },
    `Share of images that survive ${what} against ${clockNoun(clock)}, with the fitted model; the table below gives the numbers at risk.`,
  );
}

/** So many of some things as there is room for, evenly chosen. */
function everyOther<T>(things: readonly T[], room: number): T[] {
  const stride = Math.ceil(things.length / room);
  return things.filter((_, index) => index % stride === 0);
}

function unitText(clock: Clock, symbol: string): string {
  return clock === 'queries' ? '' : ` (${symbol})`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
