import { type Columns, tables, versions } from './tables.ts';

/** The parts of docs/devices.md that are made of columns; all else is written by hand. */
const parts = { versions, tables };

/** The document with the tables of these columns. @throws Error when a part has no place in it */
export function documentOf(text: string, columns: Columns): string {
  return Object.entries(parts).reduce((made, [name, make]) => {
    const place = new RegExp(`(<!-- ${name}[^>]*-->\n)[^]*?(<!-- end of ${name} -->)`);
    if (!place.test(made)) throw new Error(`the document has no place <!-- ${name} --> … <!-- end of ${name} -->`);
    return made.replace(place, (_, begin: string, end: string) => `${begin}\n${make(columns)}\n${end}`);
  }, text);
}
