import * as Plot from '@observablehq/plot';
import { number } from '../format.ts';
import type { Html } from '../html.ts';
import type { ScoredLine } from '../verdict.ts';
import { axisX, draw, GRID, logTicks } from './figure.ts';

/** The scores of many models, a dot each, in a row for each of some groups, with their medians. */
export function trashStrips(
  lines: readonly ScoredLine[],
  groups: readonly string[],
  groupOf: (line: ScoredLine) => string,
): Html {
  const points = lines.map(({ value }, index) => ({ value, group: groupOf(lines[index]) }));
  const medians = groups.map((group) => {
    const sorted = points
      .filter((point) => point.group === group)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    return { group, value: sorted[Math.floor((sorted.length - 1) / 2)], count: sorted.length };
  });
  const low = Math.min(0.6, ...points.map(({ value }) => value / 1.4));
  const high = Math.max(1.6, ...points.map(({ value }) => value * 1.4));
  return draw(
    {
      height: 90 + 26 * groups.length,
      marginLeft: 230,
      marginRight: 150,
      marginTop: 34,
      marginBottom: 40,
      x: { type: 'log', domain: [low, high] },
      y: { domain: [...groups], label: null, tickSize: 0 },
      marks: [
        axisX(logTicks(low, high), 'TRASH: training cost per image ÷ mean cost to break one'),
        Plot.gridX(logTicks(low, high), GRID),
        Plot.ruleX([1], { stroke: 'currentColor', strokeWidth: 1.5 }),
        Plot.text(['← costlier to break'], { x: [1], frameAnchor: 'top', dy: -26, dx: -8, textAnchor: 'end' }),
        Plot.text(['cheaper to break →'], { x: [1], frameAnchor: 'top', dy: -26, dx: 8, textAnchor: 'start' }),
        Plot.dot(points, { x: 'value', y: 'group', stroke: 'var(--accent)', r: 3.5, strokeOpacity: 0.7 }),
        Plot.tickX(medians, { x: 'value', y: 'group', stroke: 'currentColor', strokeWidth: 2 }),
        Plot.text(medians, {
          y: 'group',
          text: ({ value, count }) => `${number(value)} (${count})`,
          frameAnchor: 'right',
          dx: 140,
          textAnchor: 'end',
        }),
      ],
    },
    `TRASH of ${lines.length} models; medians: ${medians.map(({ group, value }) => `${group} ${number(value)}`).join('; ')}.`,
  );
}
