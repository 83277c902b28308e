import * as Plot from '@observablehq/plot';
import { number } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { readable } from '../page/names.ts';
import type { ScoredLine } from '../page/verdict.ts';
import { everyOther, hoverPoints, type Layout, logTicks, MOST_TICKS } from './figure.ts';
import { rowChart } from './rowChart.ts';
import { TRASH_AXIS, TRASH_SIDES } from './trash.ts';

/** The scores of many models, a dot each, in a row for each of some groups, with their medians. */
export function trashStrips(
  lines: readonly ScoredLine[],
  groups: readonly string[],
  groupOf: (line: ScoredLine) => string,
  layout: Layout,
): Html {
  const points = lines.map((line) => ({
    value: line.value,
    group: groupOf(line),
    told: `${line.model}, ${readable(line.defence)}: ${number(line.value)}`,
  }));
  const medians = groups.map((group) => {
    const sorted = points
      .filter((point) => point.group === group)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    return { group, value: sorted[Math.floor((sorted.length - 1) / 2)], count: sorted.length };
  });
  const low = Math.min(0.6, ...points.map(({ value }) => value / 1.4));
  const high = Math.max(1.6, ...points.map(({ value }) => value * 1.4));
  return rowChart(
    {
      rows: medians.map(({ group, value, count }) => ({
        key: group,
        name: group,
        figures: `${number(value)} (${count})`,
      })),
      x: {
        type: 'log',
        domain: [low, high],
        ticks: everyOther(logTicks(low, high), MOST_TICKS),
        label: TRASH_AXIS[layout],
      },
      divide: TRASH_SIDES,
      marks: [
        Plot.dot(points, { x: 'value', y: 'group', stroke: 'var(--accent)', r: 3.5, strokeOpacity: 0.7 }),
        Plot.dot(medians, { x: 'value', y: 'group', symbol: 'diamond', r: 5, fill: 'currentColor' }),
        hoverPoints(points, 'value', 'group', ({ told }) => told),
      ],
      description: `TRASH of ${lines.length} models; medians: ${medians.map(({ group, value }) => `${group} ${number(value)}`).join('; ')}.`,
    },
    layout,
  );
}
