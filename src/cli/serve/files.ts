import { readdirSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** Types of what is served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.png': 'image/png',
};

/** The type of a file by its name. */
export const typeOf = (path: string): string => TYPES[extname(path)] ?? 'application/octet-stream';

/** Files that may be asked for, by the path that asks for them: nothing else is served, whatever a path says. */
export type Served = ReadonlyMap<string, string>;

/** All files of the pages' folder; what is no plain file (a link) is left out. */
export function servedPages(folder: string): Served {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((item) => item.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  const served = new Map(paths.map((path) => [`/${relative(folder, path).split(sep).join('/')}`, path]));
  const index = served.get('/index.html');
  return index === undefined ? served : new Map([['/', index], ...served]);
}

/** A run's report, its page and its tables, as they are now. */
export function servedRun(run: string): Served {
  const named = readdirSync(run, { withFileTypes: true })
    .filter((item) => item.isFile() && (item.name === 'report.json' || item.name === 'report.html'))
    .map(({ name }): [string, string] => [`/run/${name}`, join(run, name)]);
  const data = readdirSync(run, { withFileTypes: true }).some((item) => item.name === 'data' && item.isDirectory())
    ? readdirSync(join(run, 'data'), { withFileTypes: true })
    : [];
  const tables = data
    .filter((item) => item.isFile() && item.name.endsWith('.csv'))
    .map(({ name }): [string, string] => [`/run/data/${name}`, join(run, 'data', name)]);
  return new Map([...named, ...tables]);
}
