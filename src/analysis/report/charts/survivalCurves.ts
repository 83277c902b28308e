import * as Plot from '@observablehq/plot';
import type { Clock } from '../../study/schema.ts';
import { clockUnit, tick } from '../format.ts';
import type { Html } from '../html.ts';
import { clockNoun, readable } from '../names.ts';
import type { SurvivalCurve } from '../report.ts';
import { draw, GRID, type Grid, panelTicks, seriesScales } from './figure.ts';

/** Kaplan-Meier curves of one attack with the fitted survival and marks of censoring: a panel a model, a line a defence. */
export function survivalChart(curves: readonly SurvivalCurve[], { models, defences }: Grid, clock: Clock): Html {
  const { divisor, symbol } = clockUnit(lastTime(curves), clock);
  const of = <T extends { time: number }>(curve: SurvivalCurve, point: T) => ({
    ...point,
    time: point.time / divisor,
    model: curve.model,
    defence: curve.defence,
  });
  const steps = curves.flatMap((curve) => [
    of(curve, { time: 0, survival: 1, lower: 1 as number | null, upper: 1 as number | null, censored: 0 }),
    ...curve.steps.map((step) => of(curve, step)),
  ]);
  const fitted = curves.flatMap((curve) => curve.fitted.map((point) => of(curve, point)));
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
        label: `${capital(clockNoun(clock))} per image${unitText(clock, symbol)} →`,
        labelAnchor: 'center',
        labelArrow: 'none',
        ticks: panelTicks(models.length),
        tickFormat: tick,
      },
      y: { domain: [0, 1], label: 'Surviving', labelArrow: 'none', tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
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

/** The last time at which any of the curves is known. */
export function lastTime(curves: readonly SurvivalCurve[]): number {
  return curves.reduce((last, { steps }) => Math.max(last, steps[steps.length - 1].time), 0);
}

function unitText(clock: Clock, symbol: string): string {
  return clock === 'queries' ? '' : ` (${symbol})`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
