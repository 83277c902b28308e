import * as Plot from '@observablehq/plot';
import { groupBy } from '../../../base/groupBy.ts';
import type { TrashLine } from '../document.ts';
import { interval, number } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { readable } from '../page/names.ts';
import { scoredLines } from '../page/verdict.ts';
import { everyOther, type Grid, type Layout, logTicks, MOST_TICKS, seriesChannels } from './figure.ts';
import { rowChart } from './rowChart.ts';

/** What the axis of every chart of scores is, and what lies on either side of 1. */
export const TRASH_AXIS: Readonly<Record<Layout, string>> = {
  wide: 'TRASH: training cost per image ÷ mean cost to break one',
  narrow: 'TRASH: cost of training ÷ of breaking',
};
export const TRASH_SIDES = { at: 1, left: 'costlier to break', right: 'cheaper to break' } as const;

/** TRASH with its interval on a logarithmic axis that shows 1: rows by model, a colour and a symbol for each defence. */
export function trashChart(trash: readonly TrashLine[], { models, defences }: Grid, layout: Layout): Html {
  const lines = scoredLines(trash).map((line) => ({
    ...line,
    key: `${line.model}|${line.defence}`,
    name: readable(line.defence),
    figures: `${number(line.value)} (${interval(line.lower, line.upper)})`,
  }));
  const titleOf = ({ model, name, figures }: (typeof lines)[number]) => `${model}, ${name}: ${figures}`;
  // A fifth of a decade of air on both sides, and 1 always in sight.
  const low = Math.min(0.6, ...lines.map(({ lower }) => lower / 1.6));
  const high = Math.max(1.6, ...lines.map(({ upper }) => upper * 1.6));
  const order = (names: readonly string[], name: string) => names.indexOf(name);
  const sorted = lines.toSorted(
    (a, b) =>
      order(models, a.model) - order(models, b.model) || order(defences, a.defence) - order(defences, b.defence),
  );
  return rowChart(
    {
      rows: groupBy(sorted, ({ model }) => model).flatMap((group) => [
        { key: group[0].model, name: group[0].model, figures: null },
        ...group,
      ]),
      x: {
        type: 'log',
        domain: [low, high],
        ticks: everyOther(logTicks(low, high), MOST_TICKS),
        label: TRASH_AXIS[layout],
      },
      divide: TRASH_SIDES,
      series: defences,
      marks: [
        Plot.ruleY(lines, {
          x1: 'lower',
          x2: 'upper',
          y: 'key',
          ...seriesChannels('defence', 'stroke'),
          strokeWidth: 2,
        }),
        Plot.dot(lines, { x: 'value', y: 'key', ...seriesChannels('defence', 'fill', { symbol: true }), r: 5 }),
      ],
      titles: new Map(lines.map((line) => [line.key, titleOf(line)])),
      description: `TRASH: ${lines.map(titleOf).join('; ')}.`,
    },
    layout,
  );
}
