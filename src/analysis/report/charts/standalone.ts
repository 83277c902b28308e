import type { Html } from '../page/html.ts';
import { raw } from '../page/html.ts';
import { STYLE } from '../page/style.ts';
import { sizeOf } from './figure.ts';

/** The page's colours for light paper, by the name of their CSS variable. */
function lightColours(): ReadonlyMap<string, string> {
  const [, block] = /:root \{([^}]*)\}/.exec(STYLE)!;
  return new Map(Array.from(block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]+)/g), ([, name, colour]) => [name, colour]));
}

/** A figure as an SVG file of its own: colours instead of the page's variables, fonts that are everywhere, paper behind it. */
export function standalone(figure: Html, title: string): Html {
  const colours = lightColours();
  const paper = '<rect width="100%" height="100%" fill="#ffffff"/>';
  const heading = `<text x="${MARGIN}" y="22" font-size="15" font-weight="600" fill="currentColor">${escapeXml(title)}</text>`;
  const size = sizeOf(figure);
  const inner = figure.html.replace(/var\((--[\w-]+)\)/g, (_, name: string) => colours.get(name) ?? '#000000');
  const [width, height] = [size.width + 2 * MARGIN, size.height + HEADING];
  const place = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const drawing = `<g transform="translate(${MARGIN}, ${HEADING})">${withoutFontFamily(inner)}</g>`;
  return raw(
    `<svg xmlns="http://www.w3.org/2000/svg" ${place} font-family="${FONTS}" color="#1d1d1b">${paper}${heading}${drawing}</svg>\n`,
  );
}

/** What common systems have of a plain sans-serif. */
const FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** Room for the heading, and at the sides. */
const HEADING = 34;
const MARGIN = 12;

/** The inner drawing takes the font of the outer one. */
function withoutFontFamily(svg: string): string {
  return svg.replace(/font-family:\s*inherit;?/g, '').replace(/font-family="inherit"/g, '');
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
