import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Licences (SPDX) that ask for their notice at most, so that what uses outlast may have any licence. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BSL-1.0', 'ISC', 'MIT', 'Unlicense'],
]);

/** Packages with a licence that asks for more: native libraries that are loaded, not linked, in packages of their own. */
const NATIVE: Readonly<Record<string, RegExp>> = {
  // libvips, which sharp loads: another build of it may take its place, as the LGPL asks.
  'LGPL-3.0-or-later': /^@img\/sharp-(libvips-|wasm32$|win32-)/,
  // resvg: changes of its own files would have to be published; there are none.
  'MPL-2.0': /^@resvg\/resvg-js(-|$)/,
};

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
}

/** Packages that are installed with outlast, on any system, with the licences that they name. */
const production = Object.entries(
  (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }).packages,
)
  .filter(([path, { dev = false }]) => path !== '' && !dev)
  .map(([path, { license = 'none' }]) => ({ name: path.replace(/^.*node_modules\//, ''), license }));

/** The licences that all hold, of an expression without alternatives. */
const licencesOf = (expression: string) => expression.replace(/^\((.*)\)$/, '$1').split(' AND ');

test('what is installed with outlast has licences that leave its users free', () => {
  // Dependencies of dependencies on all systems: a lock file that was read wrongly has none.
  expect(production.length).toBeGreaterThan(300);
  const others = production.flatMap(({ name, license }) =>
    licencesOf(license)
      .filter((each) => !PERMISSIVE.has(each) && NATIVE[each]?.test(name) !== true)
      .map((each) => `${name}: ${each}`),
  );
  expect(others).toEqual([]);
});
