/**
 * Makes what npm packs (`npm run prepack`): lib/ with the program and the doors of the library as bundles, and the declarations of their
 * types. The entries are those that package.json exports.
 */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';
import { bundling } from './build.mjs';
import { root } from './driver.mjs';

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Names of the doors' bundles (`engine`) with their sources: where the declarations are tells where they are made from. */
const doors = Object.values(exports).flatMap((target) =>
  typeof target === 'string'
    ? []
    : [
        [
          target.default.replace(/^\.\/lib\/|\.js$/g, ''),
          join(root, 'src', target.types.replace('./lib/types/', '').replace(/\.d\.ts$/, '.ts')),
        ],
      ],
);

/**
 * Writes the declarations of every file that a door reaches. Whether types are right is what `npm run typecheck` says.
 * @param {string} folder
 * @throws Error where a declaration cannot be made
 */
function writeDeclarations(folder) {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.package.json'),
    { outDir: folder, noCheck: true },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  if (config === undefined) throw new Error('tsconfig.package.json cannot be read');
  const program = ts.createProgram([...config.fileNames, ...doors.map(([, source]) => source)], config.options);
  /** @type {Map<string, string>} */
  const declarations = new Map();
  // A declaration names the file that is imported when it runs.
  const { diagnostics } = program.emit(undefined, (path, text) => {
    const written = text
      .replaceAll(/((?:from|import) ?\(?'\.[^']*)\.ts'/g, "$1.js'")
      // Indentation is a tenth of the declarations as they are emitted, four spaces a level.
      .replaceAll(/^(?: {4})+/gm, (spaces) => ' '.repeat(spaces.length / 4))
      // A semicolon says nothing where the next line begins with a word, a brace or a comment.
      .replaceAll(/;(?=\n *(?:[A-Za-z}/]|$))/g, '')
      // Nor does the space before the star of a comment's line.
      .replaceAll(/^( *) \*(?=[ /]|$)/gm, '$1*');
    declarations.set(resolve(path), written);
  });
  const problems = [...program.getSyntacticDiagnostics(), ...diagnostics];
  if (problems.length > 0)
    throw new Error(
      ts.formatDiagnostics(problems, { ...ts.sys, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }),
    );
  const named = doors.map(([, source]) => join(folder, relative(join(root, 'src'), source).replace(/\.ts$/, '.d.ts')));
  for (const path of reached(declarations, named))
    ts.sys.writeFile(path, /** @type {string} */ (declarations.get(path)));
}

/**
 * The declarations that those of the doors name, one through another: a third of all are of files that are imported for what they do alone.
 * @param {ReadonlyMap<string, string>} declarations texts by path
 * @param {readonly string[]} from
 */
function reached(declarations, from) {
  const found = new Set(from);
  for (const path of found)
    for (const [, file] of (declarations.get(path) ?? '').matchAll(/(?:from|import) ?\(?'(\.[^']*)\.js'/g)) {
      const target = join(dirname(path), `${file}.d.ts`);
      if (declarations.has(target)) found.add(target);
    }
  return found;
}

/**
 * Shaders without indentation and without comments, which are a fifth of them. Lines keep their numbers.
 * @type {import('esbuild').Plugin}
 */
const bareShaders = {
  name: 'bare shaders',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/^[ \t]*(?:\/\/.*)?|(?<=[,;{}])[ \t]+\/\/.*/gm, ''),
      loader: 'text',
    })),
};

mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
const work = mkdtempSync(join(root, 'node_modules/.cache/package-'));
try {
  await build({
    ...bundling,
    plugins: [bareShaders, ...bundling.plugins],
    entryPoints: { outlast: join(root, 'src/cli/main.ts'), ...Object.fromEntries(doors) },
    outdir: work,
    absWorkingDir: root,
    legalComments: 'none',
    // Names are kept, so that a stack still says where.
    minifyWhitespace: true,
    minifySyntax: true,
  });
  writeDeclarations(join(work, 'types'));
  rmSync(join(root, 'lib'), { recursive: true, force: true });
  renameSync(work, join(root, 'lib'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
