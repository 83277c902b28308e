import * as Plot from '@observablehq/plot';
import type { CurvePoint } from '../../robustness/index.ts';
import { tick } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { normName, readable } from '../page/names.ts';
import { draw, GRID, seriesChannels, seriesColour, seriesScales } from './figure.ts';

const LINE = 18;

/**
 * Accuracy against the largest distance, a line with 95 % limits for each attack; all points are of one norm.
 * @param steps attacks whose accuracy is known at every distance, and falls in steps
 */
export function robustnessChart(points: readonly CurvePoint[], steps: ReadonlySet<string>): Html {
  const [{ norm }] = points;
  const names = [...new Set(points.map(({ attack }) => attack))];
  const last = Math.max(...points.map(({ eps }) => eps));
  // A curve of steps goes on level to where the figure ends.
  const drawn = names.flatMap((name) => {
    const shown = points.filter(({ attack }) => attack === name);
    return steps.has(name) ? [...shown, { ...shown[shown.length - 1], eps: last }] : shown;
  });
  const of = (stepped: boolean) => drawn.filter(({ attack }) => steps.has(attack) === stepped);
  const channels = { x: 'eps', y: 'accuracy' } as const;
  const limits = { x: 'eps', y1: 'lower', y2: 'upper', ...seriesChannels('attack', 'fill'), fillOpacity: 0.1 } as const;
  const line = { ...channels, ...seriesChannels('attack', 'stroke'), strokeWidth: 1.75 } as const;
  return draw(
    'wide',
    {
      height: Math.max(340, 90 + LINE * names.length),
      marginLeft: 54,
      marginRight: 170,
      marginTop: 28,
      marginBottom: 44,
      ...seriesScales(names),
      x: {
        domain: [0, last || 1],
        label: norm === '0' ? 'Changed pixels →' : `Largest distance ε (${normName(norm)}) →`,
        labelAnchor: 'center',
        labelArrow: 'none',
        tickFormat: tick,
      },
      y: { domain: [0, 1], label: 'Accuracy', labelArrow: 'none', tickFormat: '.0%', ticks: 5 },
      marks: [
        Plot.gridY(GRID),
        Plot.ruleY([0], { stroke: 'currentColor' }),
        Plot.areaY(of(true), { ...limits, curve: 'step-after' }),
        Plot.areaY(of(false), limits),
        Plot.lineY(of(true), { ...line, curve: 'step-after' }),
        Plot.lineY(of(false), line),
        Plot.dot(of(false), {
          ...channels,
          ...seriesChannels('attack', 'fill', { symbol: true }),
          r: 4,
          stroke: 'var(--paper)',
          strokeWidth: 0.75,
        }),
        ...names.map((name, index) =>
          Plot.text([readable(name)], {
            frameAnchor: 'top-right',
            dx: 14,
            dy: 4 + LINE * index,
            textAnchor: 'start',
            fill: seriesColour(index),
            fontWeight: 600,
            text: (d) => d,
          }),
        ),
      ],
    },
    `Accuracy against the largest distance that an attack may go, with 95 % limits, by attack: ${names.map(readable).join(', ')}.`,
  );
}
