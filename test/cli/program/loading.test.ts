import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { bundling } from '../../../scripts/build.mjs';
import { COMMANDS } from '../../../src/cli/program/commands.ts';

const { metafile } = await build({
  ...bundling,
  entryPoints: { outlast: 'src/cli/main.ts' },
  outdir: 'dist',
  write: false,
  metafile: true,
});

/** Packages that Node loads with a file of the bundle, before anything else of it runs. */
function packagesOf(path: string, seen = new Set<string>()): string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  return metafile.outputs[path].imports
    .filter(({ kind }) => kind === 'import-statement')
    .flatMap(({ path: target, external }) => (external ? [target] : packagesOf(target, seen)))
    .filter((target, i, all) => !isBuiltin(target) && all.indexOf(target) === i)
    .sort();
}

test('the help of the program loads no package but the one that reads command lines', () => {
  expect(packagesOf('dist/outlast.js')).toEqual(['commander']);
});

test('every command is a part that is loaded when it is called', () => {
  const parts = metafile.outputs['dist/outlast.js'].imports
    .filter(({ kind }) => kind === 'dynamic-import')
    .map(({ path }) => metafile.outputs[path].entryPoint);
  for (const { name } of COMMANDS)
    expect(parts).toContain(name === 'completion' ? 'src/cli/program/completion.ts' : join('src/cli', `${name}.ts`));
});
