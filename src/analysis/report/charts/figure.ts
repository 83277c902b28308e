import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { tick } from '../page/format.ts';
import type { Html } from '../page/html.ts';
import { raw } from '../page/html.ts';

/*
 * Colours are the page's CSS variables, so that one drawing serves light and dark. A series is told apart by its symbol as
 * well as by its colour.
 */
const SYMBOLS = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye'] as const;

/** How many series have a colour of their own (`--series-1` ...). */
export const SERIES = 6;

export const seriesColour = (index: number) => `var(--series-${(index % SERIES) + 1})`;
export const seriesSymbol = (index: number) => SYMBOLS[index % SYMBOLS.length];

/** How a figure is drawn: across the page and for files, or as a panel beside others and for narrow screens. */
export type Layout = 'wide' | 'narrow';

/** Widths of figures in the page's units. The page shows them at little more or less than that, so that letters stay legible. */
export const WIDTHS: Readonly<Record<Layout, number>> = { wide: 860, narrow: 400 };

/** Size of letters in figures. */
export const FONT = 13;

/** One of the drawings that a figure consists of. */
export interface Panel {
  /** Empty where there is one panel only. */
  readonly title: string;
  readonly drawing: Html;
}

/** Colour and symbol scales for the series of a figure, in the order of `names`. */
export function seriesScales(names: readonly string[]): Pick<Plot.PlotOptions, 'color' | 'symbol'> {
  return {
    color: { domain: [...names], range: names.map((_, index) => seriesColour(index)) },
    symbol: { domain: [...names], range: names.map((_, index) => seriesSymbol(index)) },
  };
}

/**
 * The channels of marks that tell the series in `field` apart: by colour (as `fill` or `stroke`) and, where asked, by
 * symbol. The scales are named, as Plot leaves them out when every value of a field is a colour or a symbol itself: a
 * series called `none` or `red` would be drawn in no colour, or in its own.
 */
export function seriesChannels(field: string, paint: 'fill' | 'stroke', { symbol = false } = {}) {
  return {
    z: field,
    [paint]: { value: field, scale: 'color' },
    ...(symbol ? { symbol: { value: field, scale: 'symbol' } } : {}),
  } as const;
}

/** What a figure with a panel for each model and a line for each defence shows, in this order. */
export interface Grid {
  readonly models: readonly string[];
  readonly defences: readonly string[];
}

/** Draws a plot as SVG text. `description` is what a reader who does not see it is told. */
export function draw(layout: Layout, options: Plot.PlotOptions, description: string): Html {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    width: WIDTHS[layout],
    style: { fontFamily: 'inherit', fontSize: `${FONT}px`, background: 'none', overflow: 'visible' },
    ...options,
    document,
  });
  // Plot labels its groups, which have no role that could be labelled.
  for (const group of svg.querySelectorAll('[aria-label], [aria-description]')) {
    const kind = group.getAttribute('aria-description') ?? group.getAttribute('aria-label');
    group.setAttribute('class', `mark ${kind}`);
    group.removeAttribute('aria-label');
    group.removeAttribute('aria-description');
  }
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', description);
  giveAir(svg);
  escapeAttributes(svg);
  return raw(rounded(svg.outerHTML));
}

/** Plot sets the titles of axes so near the edges that their boxes reach beyond them, where a page or a printer may cut letters. */
const AIR = 4;

function giveAir(svg: ReturnType<typeof Plot.plot>): void {
  const [width, height] = ['width', 'height'].map((name) => Number(svg.getAttribute(name)));
  svg.setAttribute('height', String(height + 2 * AIR));
  svg.setAttribute('viewBox', `0 ${-AIR} ${width} ${height + 2 * AIR}`);
}

/** linkedom writes & and < in attributes as they are, which no XML parser reads; it escapes quotation marks, and text, itself. */
function escapeAttributes(svg: ReturnType<typeof Plot.plot>): void {
  for (const element of [svg, ...svg.querySelectorAll('*')]) {
    for (const { name, value } of [...element.attributes]) {
      if (/[&<]/.test(value)) element.setAttribute(name, value.replace(/&/g, '&amp;').replace(/</g, '&lt;'));
    }
  }
}

/** Coordinates to a hundredth of a unit, which no screen and no printer shows: figures are half as long then. */
function rounded(svg: string): string {
  return svg.replace(/ (?:transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(/\d+\.\d{3,}/g, (number) => String(Number(Number(number).toFixed(2)))),
  );
}

/** The size of a drawing, in the page's units. */
export function sizeOf({ html }: Html): { readonly width: number; readonly height: number } {
  const [width, height] = ['width', 'height'].map((name) =>
    Number(new RegExp(`\\s${name}="([\\d.]+)"`).exec(html)![1]),
  );
  return { width, height };
}

/** The one panel of a grid whose models are too many to have one each. */
export const ALL_MODELS = 'All models';

/** More panels and lines than these a figure has no room for. */
const MOST_PANELS = 6;

/** Whether every model can have a panel, and every defence a line. */
export const fits = ({ models, defences }: Grid): boolean => models.length <= MOST_PANELS && defences.length <= SERIES;

/** More ticks than these have no room on the axis of a panel. */
export const MOST_TICKS = 7;

/** So many of some things as there is room for, evenly chosen. */
export function everyOther<T>(things: readonly T[], room: number): T[] {
  const stride = Math.ceil(things.length / room);
  return things.filter((_, index) => index % stride === 0);
}

/** Four to nine round numbers, evenly spaced, from `low` to `high`. */
export function evenTicks(low: number, high: number): number[] {
  const power = 10 ** Math.floor(Math.log10(high - low));
  const step = [0.1, 0.2, 0.5, 1].map((share) => share * power).find((size) => (high - low) / size < 9) ?? power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** Ticks of a logarithmic axis: powers of ten; where these are few with 2 and 5 times them, or more, or evenly spaced ones. */
export function logTicks(low: number, high: number): number[] {
  const least = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - least + 1 }, (_, k) => 10 ** (least + k));
  const ticks = (multiples: readonly number[]) =>
    decades
      .flatMap((decade) => multiples.map((multiple) => Number((multiple * decade).toPrecision(2))))
      .filter((value) => value >= low && value <= high);
  const candidates = [[1], [1, 2, 5], [1, 2, 3, 5, 7]].map(ticks);
  return candidates.find(({ length }) => length >= 4) ?? evenTicks(low, high);
}

/**
 * A horizontal axis with every one of its ticks named: left to itself, Plot drops names on logarithmic axes.
 * @param text names a tick
 * @param labelOffset how far below the axis its label stands; at the bottom of the figure when left out
 */
export function axisX(
  ticks: readonly number[],
  label: string,
  { text = tick, labelOffset }: { readonly text?: (value: number) => string; readonly labelOffset?: number } = {},
) {
  return Plot.axisX([...ticks], { text, label, labelAnchor: 'center', labelArrow: 'none', labelOffset });
}

/** Options of unseen marks that lie over the others and tell, in `title`, their values to a pointer that rests on them. */
export const HOVER = {
  ariaDescription: 'hover',
  fill: 'currentColor',
  fillOpacity: 0,
  stroke: 'currentColor',
  strokeOpacity: 0,
} as const;

/** More points of a curve than these tell their values to the pointer by no finer steps than a hand can point to. */
export const MOST_HOVER = 24;

/** Unseen points that tell their values to the pointer. */
export function hoverPoints<T>(
  points: readonly T[],
  x: keyof T & string,
  y: keyof T & string,
  title: (point: T) => string,
) {
  return Plot.dot(points, { ...HOVER, x, y, r: 7, title });
}

/** Letters that stand out from what is behind them. */
export const HALO = { fill: 'currentColor', stroke: 'var(--paper)', strokeWidth: 4 } as const;

/** A horizontal and vertical grid that stays behind the data. */
export const GRID = { stroke: 'var(--rule)', strokeOpacity: 1 } as const;
