/** Packages that were installed into the folder that the command line names first; the workload comes second. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [folder, workload] = process.argv.slice(2);

export { folder, workload };

export const load = createRequire(resolve(folder, 'package.json'));

/** @param {string} name */
export const versionOf = (name) =>
  JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
