/** A piece of HTML that needs no escaping any more. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | readonly Part[];

export function raw(html: string): Html {
  return { html };
}

/** HTML from a template: everything put in is escaped unless it is HTML already; lists are joined, null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return raw(strings.reduce((text, string, index) => text + toText(parts[index - 1]) + string));
}

function toText(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'object') return 'html' in part ? part.html : part.map(toText).join('');
  return escapeText(String(part));
}

function escapeText(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** Names and what is said of each. */
export function definitions(pairs: readonly (readonly [name: string, meaning: string])[]): Html {
  return html`<dl>${pairs.map(([name, meaning]) => html`<div><dt>${name}</dt><dd>${meaning}</dd></div>`)}</dl>`;
}

/** A column of a table: its heading and the cell of a line. Numbers stand to the right. */
export interface Column<T> {
  readonly heading: string | Html;
  readonly cell: (line: T) => string | Html;
  readonly numeric?: boolean;
  /** The cell holds a sentence, which may be broken into lines. */
  readonly wide?: boolean;
  /** The cell names its line: a row header. */
  readonly header?: boolean;
}

/**
 * A table with caption and scopes. Where it is wider than the page it scrolls by itself; its caption, and the names of
 * its lines, stay in sight.
 */
export function table<T>(caption: string, columns: readonly Column<T>[], lines: readonly T[]): Html {
  const classOf = ({ numeric, wide }: Column<T>) =>
    numeric ? raw(' class="number"') : wide ? raw(' class="wide"') : null;
  const cell = (column: Column<T>, line: T) =>
    column.header
      ? html`<th scope="row"${classOf(column)}>${column.cell(line)}</th>`
      : html`<td${classOf(column)}>${column.cell(line)}</td>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${classOf(column)}>${column.heading}</th>`)}</tr></thead>
<tbody>
${lines.map((line) => html`<tr>${columns.map((column) => cell(column, line))}</tr>\n`)}</tbody>
</table></div>`;
}
