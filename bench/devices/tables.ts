import type { Column } from './column.ts';
import { sections } from './sections.ts';

/** Columns by the name that stands above each. */
export type Columns = Readonly<Record<string, Column>>;

const line = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The tables of all sections as Markdown, a column for each adapter; what was not asked when a column was made is empty. */
export function tables(columns: Columns): string {
  const names = Object.keys(columns);
  const text = sections.flatMap(({ title, rows }) => [
    `### ${title}`,
    '',
    line([title.startsWith('Beyond') ? 'what is done' : 'what is asked', ...names, 'what the engine does about it']),
    line(Array.from({ length: names.length + 2 }, () => '---')),
    ...rows.map(({ what, engine, relied }) =>
      line([
        what,
        ...names.map((name) => columns[name].answers[title]?.[what]?.cell ?? ''),
        relied ? `**relies on it**: ${engine}` : engine,
      ]),
    ),
    '',
  ]);
  return text.join('\n');
}

/** A line for each adapter: what it is, exactly. */
export const versions = (columns: Columns): string =>
  Object.entries(columns)
    .map(([name, { versions }]) => `- **${name}**: ${versions}\n`)
    .join('');
