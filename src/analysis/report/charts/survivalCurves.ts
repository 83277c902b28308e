import * as Plot from '@observablehq/plot';
import type { SurvivalClock } from '../../study/index.ts';
import type { Curve } from '../document.ts';
import { type ClockUnit, interval, namesUnit, number, percent } from '../page/format.ts';
import { clockNoun, clockShort } from '../page/names.ts';
import {
  axisX,
  draw,
  everyOther,
  GRID,
  type Grid,
  hoverPoints,
  MOST_HOVER,
  type Panel,
  seriesChannels,
  seriesScales,
} from './figure.ts';
import { type TimeAxis, timeAxis } from './timeAxis.ts';

/** A curve with its panel and its line. */
export interface PlacedCurve extends Curve {
  readonly model: string;
  readonly defence: string;
  /** The line as readers know it. */
  readonly name: string;
}

/** More marks of censoring on a curve than this hide it. */
const MOST_MARKS = 40;

/**
 * Kaplan-Meier curves with the fitted survival and marks of censoring: a panel a model, a line a defence (or what stands for them).
 * @param what the figure shows, for those who do not see it
 */
export function survivalPanels(
  curves: readonly PlacedCurve[],
  { models, defences }: Grid,
  clock: SurvivalClock,
  what: string,
): Panel[] {
  const axis = timeAxis(curves, clock);
  return models.flatMap((model) => {
    const shown = curves.filter((curve) => curve.model === model);
    if (shown.length === 0) return [];
    const title = models.length === 1 ? '' : model;
    return [{ title, drawing: survivalPanel(shown, defences, axis, clock, title === '' ? what : `${what} ${title},`) }];
  });
}

function survivalPanel(
  curves: readonly PlacedCurve[],
  defences: readonly string[],
  axis: TimeAxis,
  clock: SurvivalClock,
  what: string,
) {
  const { steps, fitted, censored, pointedAt } = pointsOf(curves, axis);
  const titleOf = ({ name, time, survival, lower, upper, atRisk }: (typeof pointedAt)[number]) => {
    const limits = lower === null || upper === null ? '' : ` (${interval(100 * lower, 100 * upper)})`;
    return `${name}, ${number(time)} ${axis.unit.symbol}: ${percent(survival)}${limits} not broken, ${atRisk} at risk before`;
  };
  const channels = { x: 'time', y: 'survival' } as const;
  return draw(
    'narrow',
    {
      height: 270,
      marginLeft: 54,
      marginRight: 24,
      marginTop: 26,
      marginBottom: 42,
      ...seriesScales(defences),
      x: {
        type: axis.type,
        domain: [...axis.domain],
      },
      y: {
        domain: [0, 1],
        label: 'Surviving',
        labelArrow: 'none',
        tickFormat: (share: number) => percent(share, 0),
        ticks: 5,
      },
      marks: [
        Plot.gridY(GRID),
        axisX(axis.ticks, axisLabel(clock, axis)),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.areaY(
          steps.filter(({ lower, upper }) => lower !== null && upper !== null),
          {
            x: 'time',
            y1: 'lower',
            y2: 'upper',
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
        hoverPoints(pointedAt, 'time', 'survival', titleOf),
      ],
    },
    `Share of images that survive ${what} against ${clockNoun(clock)}, with the fitted model; the table gives the numbers at risk.`,
  );
}

/** What a panel draws, in the units of its axis: steps from its start on, the fitted curve, marks of censoring, what a pointer reads. */
function pointsOf(curves: readonly PlacedCurve[], axis: TimeAxis) {
  const { divisor } = axis.unit;
  const [start] = axis.domain;
  const of = <T extends { time: number }>({ defence, name }: PlacedCurve, point: T) => ({
    ...point,
    time: Math.max(point.time / divisor, start),
    defence,
    name,
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
  const pointedAt = curves.flatMap((curve) => everyOther(curve.steps, MOST_HOVER).map((step) => of(curve, step)));
  return { steps, fitted, censored, pointedAt };
}

/** No longer than a panel is wide. */
function axisLabel(
  clock: SurvivalClock,
  { type, unit }: { readonly type: TimeAxis['type']; readonly unit: ClockUnit },
): string {
  const word = clockShort(clock);
  const details = [...(namesUnit(clock) ? [unit.symbol] : []), ...(type === 'log' ? ['logarithmic'] : [])];
  return `${word[0].toUpperCase()}${word.slice(1)} per image${details.length > 0 ? ` (${details.join(', ')})` : ''} →`;
}
