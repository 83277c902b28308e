import * as Plot from '@observablehq/plot';
import { groupBy } from '../../../base/groupBy.ts';
import type { AccuracyLine } from '../lines/accuracy.ts';
import { percent } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { factorName, levelName } from '../page/names.ts';
import type { Layout } from './figure.ts';
import { rowChart } from './rowChart.ts';

const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Accuracy before (ring) and after attacks (square, with the range of nine of ten) at each level of each factor. */
export function accuracyByChart(lines: readonly AccuracyLine[], layout: Layout): Html {
  const drawn = lines.map((line) => ({
    ...line,
    key: `${line.factor}|${line.level}`,
    name: levelName(line.factor, line.level),
    figures: `${percent(line.before.mean)} → ${percent(line.after.mean)}`,
  }));
  const titleOf = ({ factor, name, before, after }: (typeof drawn)[number]) =>
    `${factorName(factor)}, ${name}: ${percent(before.mean)} before attacks, ${percent(after.mean)} after (nine of ten ${percent(after.low)} to ${percent(after.high)})`;
  return rowChart(
    {
      rows: groupBy(drawn, ({ factor }) => factor).flatMap((group) => [
        { key: `${group[0].factor}|`, name: factorName(group[0].factor), figures: null },
        ...group,
      ]),
      x: {
        type: 'linear',
        domain: [0, 1],
        ticks: TICKS,
        tickText: (share) => percent(share, 0),
        label: 'Accuracy →',
      },
      marks: [
        Plot.ruleY(drawn, {
          x1: ({ after }) => after.low,
          x2: ({ after }) => after.high,
          y: 'key',
          stroke: 'var(--accent)',
          strokeWidth: 2,
          strokeOpacity: 0.6,
        }),
        Plot.dot(drawn, { x: ({ before }) => before.mean, y: 'key', stroke: 'currentColor', strokeWidth: 1.5, r: 4.5 }),
        Plot.dot(drawn, { x: ({ after }) => after.mean, y: 'key', fill: 'var(--accent)', symbol: 'square', r: 4 }),
      ],
      titles: new Map(drawn.map((line) => [line.key, titleOf(line)])),
      description: `Accuracy before and after attacks: ${drawn.map(({ name, before, after }) => `${name} ${percent(before.mean)} to ${percent(after.mean)}`).join('; ')}.`,
    },
    layout,
  );
}
