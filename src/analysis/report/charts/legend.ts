import { type Html, html, raw } from '../page/html.ts';
import { readable } from '../page/names.ts';
import { seriesColour, seriesSymbol } from './figure.ts';

/** Outlines of the symbols that d3 draws for the series, on a field of 12 by 12 about the middle. */
const OUTLINES: Readonly<Record<ReturnType<typeof seriesSymbol>, string>> = {
  circle: 'M-4,0a4,4 0 1,0 8,0a4,4 0 1,0 -8,0',
  square: 'M-3.6,-3.6h7.2v7.2h-7.2z',
  triangle: 'M0,-4.8L4.3,2.6L-4.3,2.6z',
  diamond: 'M0,-5.4L3.3,0L0,5.4L-3.3,0z',
  star: 'M0,-5L1.1,-1.6L4.8,-1.6L1.8,0.6L2.9,4.1L0,1.9L-2.9,4.1L-1.8,0.6L-4.8,-1.6L-1.1,-1.6z',
  wye: 'M1.4,0.8V4.6H-1.4V0.8L-4.7,-1.1L-3.3,-3.5L0,-1.6L3.3,-3.5L4.7,-1.1z',
};

/** The key of a figure: line, symbol and name of every series, then the names of other kinds of line. */
export function legend(
  names: readonly string[],
  others: readonly { readonly mark: Html; readonly name: string }[] = [],
): Html {
  const series = names.map((name, index) => ({
    mark: raw(
      `<g style="color:${seriesColour(index)}"><path d="M-14,0H14" stroke="currentColor" stroke-width="1.75"/><path d="${OUTLINES[seriesSymbol(index)]}" fill="currentColor"/></g>`,
    ),
    name: readable(name),
  }));
  return html`<ul class="legend">${[...series, ...others].map(
    ({ mark, name }) =>
      html`<li><svg width="30" height="14" viewBox="-15 -7 30 14" aria-hidden="true">${mark}</svg>${name}</li>`,
  )}</ul>`;
}

export const KAPLAN_MEIER_MARKS = [
  { mark: raw('<path d="M-14,-3H0V4H14" fill="none" stroke="currentColor" stroke-width="1.75"/>'), name: 'observed' },
  {
    mark: raw('<path d="M-14,0H14" stroke="currentColor" stroke-width="1.25" stroke-dasharray="4 3"/>'),
    name: 'fitted',
  },
  { mark: raw('<path d="M-5,0H5M0,-5V5" stroke="currentColor" stroke-width="1.25"/>'), name: 'censored (not broken)' },
];
