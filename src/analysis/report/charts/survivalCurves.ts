import * as Plot from '@observablehq/plot';
import type { Clock } from '../../study/schema.ts';
import type { Html } from '../html.ts';
import { clockNoun, readable } from '../names.ts';
import type { SurvivalCurve } from '../report.ts';
import { axisX, draw, GRID, type Grid, panelTicks, seriesScales } from './figure.ts';
import { timeAxis } from './timeAxis.ts';

/** Kaplan-Meier curves of one attack with the fitted survival and marks of censoring: a panel a model, a line a defence. */
export function survivalChart(curves: readonly SurvivalCurve[], { models, defences }: Grid, clock: Clock): Html {
  const axis = timeAxis(curves, clock);
  const { divisor, symbol } = axis.unit;
  const [start] = axis.domain;
  const scale = axis.type === 'log' ? ', logarithmic' : '';
  const label = `${capital(clockNoun(clock))} per image${unitText(clock, symbol)}${scale} →`;
  const of = <T extends { time: number }>(curve: SurvivalCurve, point: T) => ({
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
          { x: 'time', y1: 'lower', y2: 'upper', fx: 'model', fill: 'defence', fillOpacity: 0.1, curve: 'step-after' },
        ),
        Plot.lineY(fitted, { ...channels, stroke: 'defence', strokeWidth: 1.25, strokeDasharray: '4 3' }),
        Plot.lineY(steps, { ...channels, stroke: 'defence', strokeWidth: 1.75, curve: 'step-after' }),
        Plot.dot(
          steps.filter(({ censored }) => censored > 0),
          { ...channels, stroke: 'defence', symbol: 'plus', r: 3.5, strokeWidth: 1.25 },
        ),
      ],
    },
    `Share of images that survive ${readable(curves[0].attack)} against ${clockNoun(clock)}, by model and defence, with the fitted model; the table below gives the numbers at risk.`,
  );
}

/** So many of the ticks as there is room for, evenly chosen. */
function everyOther(ticks: readonly number[], room: number): number[] {
  const stride = Math.ceil(ticks.length / room);
  return ticks.filter((_, index) => index % stride === 0);
}

function unitText(clock: Clock, symbol: string): string {
  return clock === 'queries' ? '' : ` (${symbol})`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
