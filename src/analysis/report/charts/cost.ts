import * as Plot from '@observablehq/plot';
import { groupBy } from '../../../base/groupBy.ts';
import type { SurvivalClock } from '../../study/index.ts';
import type { CostLine } from '../lines/cost.ts';
import { amount, clockUnit } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { readable } from '../page/names.ts';
import {
  axisX,
  draw,
  everyOther,
  GRID,
  HALO,
  hoverPoints,
  type Layout,
  logTicks,
  MOST_TICKS,
  SERIES,
  seriesChannels,
  seriesScales,
} from './figure.ts';

/** More names than these crowd the figure, and none may lie on another; the table has them all. */
const MOST_NAMES = 8;

/** Cost of training against survival, both logarithmic: a point a model, its defence by colour and symbol, the Pareto front joined. */
export function costChart(
  costs: readonly CostLine[],
  series: readonly string[],
  seriesOf: (line: CostLine) => string,
  clock: SurvivalClock,
  layout: Layout,
): Html {
  const axis = (values: readonly number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const unit = clockUnit(Math.sqrt(low * high), clock);
    return { unit, domain: [low / unit.divisor / 1.4, (high / unit.divisor) * 1.4] as const };
  };
  const x = axis(costs.map(({ training }) => training));
  const y = axis(costs.map(({ survival }) => survival));
  const points = costs.map((line) => ({
    ...line,
    x: line.training / x.unit.divisor,
    y: line.survival / y.unit.divisor,
    series: seriesOf(line),
    name: `${line.model}, ${readable(line.defence)}`,
  }));
  const front = points.filter((point) => point.front).sort((a, b) => a.x - b.x);
  const place = ({ x: cost, y: time }: { readonly x: number; readonly y: number }) => [
    (600 * Math.log(cost / x.domain[0])) / Math.log(x.domain[1] / x.domain[0]),
    (350 * Math.log(time / y.domain[0])) / Math.log(y.domain[1] / y.domain[0]),
  ];
  const named: typeof front = [];
  for (const point of front) {
    const [across, up] = place(point);
    const free = named.every((other) => {
      const [otherAcross, otherUp] = place(other);
      return Math.abs(up - otherUp) > 16 || Math.abs(across - otherAcross) > 260;
    });
    if (free && named.length < MOST_NAMES) named.push(point);
  }
  const [ticksX, ticksY] = [x, y].map(({ domain }) => everyOther(logTicks(...domain), MOST_TICKS));
  const unitOf = ({ symbol }: { symbol: string }) => (clock === 'queries' ? 'queries' : symbol);
  // Names have no room in a narrow figure: the table, and the pointer, tell them.
  const told = ({ name, training, survival }: (typeof points)[number]) =>
    `${name}: training ${amount(training, clock)}, mean to break ${amount(survival, clock)}`;
  return draw(
    layout,
    {
      height: layout === 'wide' ? 420 : 360,
      marginLeft: 58,
      marginRight: layout === 'wide' ? 210 : 16,
      marginTop: 28,
      marginBottom: 44,
      ...seriesScales(series.slice(0, SERIES)),
      x: { type: 'log', domain: [...x.domain] },
      y: {
        type: 'log',
        domain: [...y.domain],
        label: `↑ Mean time to break an image (${unitOf(y.unit)})`,
        labelArrow: 'none',
        ticks: ticksY,
        tickFormat: (value: number) => String(value),
      },
      marks: [
        Plot.gridX(ticksX, GRID),
        Plot.gridY(ticksY, GRID),
        axisX(ticksX, `Training, per image (${unitOf(x.unit)}) →`),
        ...groupBy(front, ({ dataset }) => dataset).map((group) =>
          Plot.line(group, { x: 'x', y: 'y', stroke: 'currentColor', strokeDasharray: '4 3', strokeWidth: 1.25 }),
        ),
        Plot.dot(points, {
          x: 'x',
          y: 'y',
          ...seriesChannels('series', 'fill', { symbol: true }),
          r: 4.5,
          fillOpacity: ({ front: on }) => (on ? 1 : 0.55),
        }),
        Plot.dot(front, { x: 'x', y: 'y', stroke: 'currentColor', r: 8, strokeWidth: 1.25 }),
        Plot.text(layout === 'wide' ? named : [], {
          x: 'x',
          y: 'y',
          text: 'name',
          dx: 12,
          dy: -8,
          textAnchor: 'start',
          ...HALO,
        }),
        hoverPoints(points, 'x', 'y', told),
      ],
    },
    `Mean time to break an image against cost of training, ${costs.length} models; on the Pareto front: ${front.map(({ name }) => name).join('; ')}.`,
  );
}
