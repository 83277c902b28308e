/** Code samples of the documentation: programs are type-checked and run; what is no program must stand in the sources as it is quoted. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withPrograms } from '../../scripts/examples.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (page) => page.endsWith('.md'),
);
const samples = pages.flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```ts\n(.*?)^```/gms)].map(([, text], i) => ({
    name: `${page}, ${i + 1}`,
    file: `${basename(page, '.md')}${i + 1}`,
    text,
  })),
);
const programs = samples.filter(({ text }) => text.startsWith('import '));

/** Lines of the sources, without their indentation. */
const sourceLines = new Set(
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => readFileSync(join(root, 'src', path), 'utf8').split('\n'))
    .map((line) => line.trim()),
);

let folder: string;
const pathOf = (file: string) => join(folder, `${file}.ts`);
beforeAll(() => {
  // Within the checkout, so that the samples find packages and compiler options.
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache/samples-'));
  for (const { file, text } of programs) writeFileSync(pathOf(file), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('there are samples of both kinds', () => {
  expect(programs.length).toBeGreaterThanOrEqual(5);
  expect(samples.length).toBeGreaterThan(programs.length);
});

test('programs have the right types', () => {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, 'tsconfig.json'),
    { noUnusedLocals: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  )!;
  const ambient = config.fileNames.filter((path) => path.endsWith('.d.ts'));
  const program = ts.createProgram([...ambient, ...programs.map(({ file }) => pathOf(file))], config.options);
  const told = programs.flatMap(({ file }) =>
    [...program.getSemanticDiagnostics(program.getSourceFile(pathOf(file)))].map(
      ({ messageText }) => `${relative(folder, pathOf(file))}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
  );
  expect(told).toEqual([]);
});

test('programs run', async () => {
  await withPrograms(
    programs.map(({ file }) => pathOf(file)),
    (run) => {
      for (const { name, file } of programs) expect(run(file).status, name).toBe(0);
    },
  );
});

test.each(samples.filter((sample) => !programs.includes(sample)))('$name stands in the sources', ({ text }) => {
  const lines = text.split('\n').map((line) => line.trim());
  expect(lines.filter((line) => !sourceLines.has(line))).toEqual([]);
});
