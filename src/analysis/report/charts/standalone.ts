import type { Html } from '../html.ts';
import { raw } from '../html.ts';
import { STYLE } from '../style.ts';
import { WIDTH } from './figure.ts';

/** The page's colours for light paper, by the name of their CSS variable. */
function lightColours(): ReadonlyMap<string, string> {
  const [, block] = /:root \{([^}]*)\}/.exec(STYLE)!;
  return new Map(Array.from(block.matchAll(/(--[\w-]+):\s*(#[0-9a-f]+)/g), ([, name, colour]) => [name, colour]));
}

/** A figure as an SVG file of its own: colours instead of the page's variables, fonts that are everywhere, paper behind it. */
export function standalone({ html }: Html, title: string): Html {
  const colours = lightColours();
  const paper = '<rect width="100%" height="100%" fill="#ffffff"/>';
  const heading = `<text x="12" y="22" font-size="15" font-weight="600" fill="currentColor">${escapeXml(title)}</text>`;
  const [, height] = /\sheight="(\d+)"/.exec(html)!;
  const inner = html.replace(/var\((--[\w-]+)\)/g, (_, name: string) => colours.get(name) ?? '#000000');
  const total = Number(height) + HEADING;
  return raw(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${total}" viewBox="0 0 ${WIDTH} ${total}" font-family="Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif" color="#1d1d1b">${paper}${heading}<g transform="translate(0, ${HEADING})">${withoutFontFamily(inner)}</g></svg>\n`,
  );
}

const HEADING = 34;

/** The inner drawing takes the font of the outer one. */
function withoutFontFamily(svg: string): string {
  return svg.replace(/font-family:\s*inherit;?/g, '').replace(/font-family="inherit"/g, '');
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
