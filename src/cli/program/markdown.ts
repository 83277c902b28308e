/** A table in Markdown; a cell is one line. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** A place for a table in a page of the documentation: `<!-- table attacks -->`, the table, `<!-- end of table -->`. */
const PLACE = /(<!-- table (\S+) -->\n)[\s\S]*?(<!-- end of table -->)/g;

/**
 * A page of the documentation with every table that is made from the program put into its place.
 * @param tables by their names
 * @throws Error when a place names no table
 */
export const withTables = (page: string, tables: Readonly<Record<string, () => string>>): string =>
  page.replaceAll(PLACE, (_, begin: string, name: string, end: string) => {
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    if (table === undefined) throw new Error(`there is no table ${name}; there are ${Object.keys(tables).join(', ')}`);
    return `${begin}\n${table()}\n\n${end}`;
  });
