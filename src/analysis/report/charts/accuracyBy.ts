import * as Plot from '@observablehq/plot';
import type { AccuracyLine } from '../accuracy.ts';
import { percent } from '../format.ts';
import type { Html } from '../html.ts';
import { factorName, levelName } from '../names.ts';
import { draw, GRID } from './figure.ts';

/** Accuracy before (ring) and after attacks (dot, with the range of nine of ten) at each level of each factor. */
export function accuracyByChart(lines: readonly AccuracyLine[]): Html {
  const rows = lines.flatMap((line, index) => {
    const own = { ...line, key: `${line.factor}|${line.level}`, name: levelName(line.factor, line.level) };
    const first = line.factor !== lines[index - 1]?.factor;
    return first ? [{ heading: factorName(line.factor), key: `${line.factor}|` }, own] : [own];
  });
  const drawn = rows.flatMap((row) => ('heading' in row ? [] : [row]));
  const headings = rows.flatMap((row) => ('heading' in row ? [row] : []));
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  return draw(
    {
      height: 60 + 24 * rows.length,
      marginLeft: 230,
      marginRight: 150,
      marginTop: 14,
      marginBottom: 40,
      x: { domain: [0, 1] },
      y: { domain: rows.map(({ key }) => key), label: null, axis: null },
      marks: [
        Plot.axisX(ticks, {
          tickFormat: '.0%',
          label: 'Accuracy →',
          labelAnchor: 'center',
          labelArrow: 'none',
        }),
        Plot.gridX(ticks, GRID),
        Plot.text(headings, {
          y: 'key',
          text: 'heading',
          frameAnchor: 'left',
          dx: -220,
          textAnchor: 'start',
          fontWeight: 600,
        }),
        Plot.text(drawn, { y: 'key', text: 'name', frameAnchor: 'left', dx: -208, textAnchor: 'start' }),
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
        Plot.text(drawn, {
          y: 'key',
          text: ({ before, after }) => `${percent(before.mean)} → ${percent(after.mean)}`,
          frameAnchor: 'right',
          dx: 140,
          textAnchor: 'end',
        }),
      ],
    },
    `Accuracy before and after attacks: ${drawn.map(({ name, before, after }) => `${name} ${percent(before.mean)} to ${percent(after.mean)}`).join('; ')}.`,
  );
}
