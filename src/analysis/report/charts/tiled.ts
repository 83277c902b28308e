import { type Html, html } from '../page/html.ts';
import { type Panel, sizeOf, WIDTHS } from './figure.ts';

const COLUMNS = 2;

/** Room for the title above a panel, and for air below it. */
const TITLE = 26;
const AIR = 14;

/** Panels as one drawing, for files: two in a row. */
export function tiled(panels: readonly Panel[], description: string): Html {
  const { wide, narrow } = WIDTHS;
  const row = TITLE + AIR + panels.reduce((most, { drawing }) => Math.max(most, sizeOf(drawing).height), 0);
  const height = row * Math.ceil(panels.length / COLUMNS);
  const tiles = panels.map(({ title, drawing }, index) => {
    const x = (index % COLUMNS) * (wide - narrow);
    const y = Math.floor(index / COLUMNS) * row;
    return html`<g transform="translate(${x},${y})"><text x="4" y="${TITLE - 8}" fill="currentColor" font-size="13" font-weight="600">${title}</text><g transform="translate(0,${TITLE})">${drawing}</g></g>`;
  });
  return html`<svg width="${wide}" height="${height}" viewBox="0 0 ${wide} ${height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${description}">${tiles}</svg>`;
}
