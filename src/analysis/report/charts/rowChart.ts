import * as Plot from '@observablehq/plot';
import type { Html } from '../page/html.ts';
import { axisX, draw, FONT, GRID, HALO, HOVER, type Layout, seriesScales, WIDTHS } from './figure.ts';

/** A row of a chart. */
export interface ChartRow {
  readonly key: string;
  readonly name: string;
  /** The row's values in words; null of a heading, which has no marks. */
  readonly figures: string | null;
}

/** A chart of rows: names, marks on a common horizontal axis, values in words. */
export interface RowChart {
  readonly rows: readonly ChartRow[];
  readonly x: {
    readonly type: 'linear' | 'log';
    readonly domain: readonly [low: number, high: number];
    readonly ticks: readonly number[];
    readonly tickText?: (value: number) => string;
    readonly label: string;
  };
  /** A place on the axis with what lies on either side of it. */
  readonly divide?: { readonly at: number; readonly left: string; readonly right: string };
  /** Names that have a colour and a symbol of their own. */
  readonly series?: readonly string[];
  /** Marks with the key of their row as `y`. */
  readonly marks: readonly Plot.Markish[];
  /** What a row tells a pointer that rests on it, by its key; where it is left out, marks tell their values themselves. */
  readonly titles?: ReadonlyMap<string, string>;
  readonly description: string;
}

/** Width of a letter, generously, and height of a line. */
const LETTER = 0.6 * FONT;
const LINE = 17;

/** Rows below a heading stand in a little. */
const INDENT = 12;
const GAP = 14;

/** Names take no more of a wide chart than this; longer ones are broken into lines. */
const MOST_NAME = 380;

const widest = (texts: readonly string[]) => texts.reduce((most, { length }) => Math.max(most, length * LETTER), 0);

/** Where the parts of a row stand. */
interface Places {
  readonly marginLeft: number;
  readonly marginRight: number;
  /** Height of a row. */
  readonly height: number;
  readonly name: Plot.TextOptions;
  readonly heading: Plot.TextOptions;
  readonly figures: Plot.TextOptions;
}

/** Draws a chart of rows. Wide: name, marks and values side by side. Narrow: name and values above the marks. */
export function rowChart({ rows, x, divide, series, marks, titles, description }: RowChart, layout: Layout): Html {
  const places = (layout === 'wide' ? sideBySide : onTop)(rows);
  const { marginLeft, marginRight, height, name, heading, figures } = places;
  const [headings, data] = [true, false].map((is) => rows.filter((row) => (row.figures === null) === is));
  const [marginTop, marginBottom] = [divide === undefined ? 12 : 28, 44];
  return draw(
    layout,
    {
      height: marginTop + marginBottom + height * rows.length,
      marginLeft,
      marginRight,
      marginTop,
      marginBottom,
      ...(series === undefined ? {} : seriesScales(series)),
      x: { type: x.type, domain: [...x.domain] },
      y: { type: 'point', padding: 0.5, domain: rows.map(({ key }) => key), axis: null },
      marks: [
        axisX(x.ticks, x.label, { text: x.tickText }),
        Plot.gridX([...x.ticks], GRID),
        ...(divide === undefined
          ? []
          : [
              Plot.ruleX([divide.at], { stroke: 'currentColor', strokeWidth: 1.5 }),
              ...sides(divide, x, places, layout),
            ]),
        Plot.text(headings, {
          y: 'key',
          text: 'name',
          frameAnchor: 'left',
          textAnchor: 'start',
          fontWeight: 600,
          ...heading,
        }),
        Plot.text(data, { y: 'key', text: 'name', frameAnchor: 'left', textAnchor: 'start', ...name }),
        Plot.text(data, { y: 'key', text: 'figures', ...figures }),
        ...marks,
        ...(titles === undefined
          ? []
          : [
              Plot.ruleY(data, {
                ...HOVER,
                y: 'key',
                insetLeft: -marginLeft,
                insetRight: -marginRight,
                strokeWidth: height,
                title: ({ key }) => titles.get(key),
              }),
            ]),
      ],
    },
    description,
  );
}

function sideBySide(rows: readonly ChartRow[]): Places {
  const indent = rows.some(({ figures }) => figures === null) ? INDENT : 0;
  const name = widest(rows.map((row) => row.name));
  const marginLeft = indent + Math.min(name, MOST_NAME) + GAP;
  const marginRight = widest(rows.map(({ figures }) => figures ?? '')) + GAP;
  return {
    marginLeft,
    marginRight,
    height: name > MOST_NAME ? 2 * LINE + 6 : 28,
    name: { dx: indent - marginLeft, lineWidth: MOST_NAME / FONT },
    heading: { dx: -marginLeft },
    figures: { frameAnchor: 'right', textAnchor: 'end', dx: marginRight },
  };
}

function onTop(rows: readonly ChartRow[]): Places {
  // Half the name of a tick.
  const margin = 20;
  const width = WIDTHS.narrow;
  const room = (row: ChartRow) => (row.name.length + (row.figures ?? '').length) * LETTER + 2 * GAP;
  const together = rows.every((row) => room(row) <= width);
  const nameLines = Math.ceil(widest(rows.map(({ name }) => name)) / width);
  const lines = nameLines + (together ? 0 : 1);
  // From the middle of the row, where the marks are, up to the last line of words.
  const up = 16;
  const above = { ...HALO, lineAnchor: 'bottom' } as const;
  return {
    marginLeft: margin,
    marginRight: margin,
    height: 2 * up + LINE * (lines - 1) + 10,
    name: { ...above, dx: -margin, dy: (together ? 0 : -LINE) - up + 6, lineWidth: (0.9 * width) / FONT },
    heading: { ...HALO, dx: -margin, dy: 6 },
    figures: together
      ? { ...above, frameAnchor: 'right', textAnchor: 'end', dx: margin, dy: 6 - up }
      : { ...above, frameAnchor: 'left', textAnchor: 'start', dx: -margin, dy: 6 - up },
  };
}

/** Words on both sides of a place on the axis, above the rows; those that have no room are left out. */
function sides(
  { at, left, right }: NonNullable<RowChart['divide']>,
  { type, domain: [low, high] }: RowChart['x'],
  { marginLeft, marginRight }: Places,
  layout: Layout,
): Plot.Markish[] {
  const measure = type === 'log' ? Math.log : (value: number) => value;
  const share = (measure(at) - measure(low)) / (measure(high) - measure(low));
  const place = marginLeft + share * (WIDTHS[layout] - marginLeft - marginRight);
  const beside = (text: string, way: -1 | 1) =>
    text.length * LETTER + 8 > (way === 1 ? WIDTHS[layout] - place : place)
      ? []
      : [
          Plot.text([text], {
            x: [at],
            frameAnchor: 'top',
            textAnchor: way === 1 ? 'start' : 'end',
            dx: 8 * way,
            dy: -20,
            text: (word) => word,
          }),
        ];
  return [...beside(`← ${left}`, -1), ...beside(`${right} →`, 1)];
}
