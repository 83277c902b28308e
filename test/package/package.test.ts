import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { dependencies, peerDependencies, exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** A folder outside the checkout with a project that has outlast installed, and the user's caches. */
const place = mkdtempSync(join(tmpdir(), 'outlast-package-'));
const project = join(place, 'project');
const installed = join(project, 'node_modules/outlast');
const cache = join(place, 'cache');

/** As users write them: `outlast`, `outlast/engine`. */
const doors = Object.keys(exports)
  .filter((name) => name !== './package.json')
  .map((name) => name.replace(/^\./, 'outlast'));

function run(program: string, words: readonly string[], folder = project) {
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: cache, npm_config_update_notifier: 'false' },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

let tarball: string;

// As `npm install outlast-0.1.0.tgz` would leave it, but that the packages it depends on, and no other, are links to those of the checkout.
beforeAll(() => {
  mkdirSync(installed, { recursive: true });
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--silent', '--pack-destination', place], root));
  tarball = join(place, filename);
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  for (const name of Object.keys(dependencies)) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  mkdirSync(join(project, 'node_modules/.bin'));
  symlinkSync('../outlast/bin/outlast.mjs', join(project, 'node_modules/.bin/outlast'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const filesOf = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name));

/** Packages and files of Node that a file imports, by the name of the package. */
const packagesOf = (path: string) =>
  ts
    .preProcessFile(readFileSync(path, 'utf8'), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));

describe('the package', () => {
  test('is under 3 MB, packed and installed', () => {
    const bytes = filesOf(installed).reduce((sum, path) => sum + statSync(path).size, 0);
    expect(bytes).toBeLessThan(3e6);
    expect(bytes).toBeGreaterThan(statSync(tarball).size);
  });

  test('holds no sources, tests or data, and needs no package that it does not name', () => {
    expect(readdirSync(installed).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bench', 'bin', 'lib', 'package.json', 'scripts', 'studies'].filter(
        (name) => existsSync(join(installed, name)),
      ),
    );
    const files = filesOf(join(installed, 'lib')).concat(
      filesOf(join(installed, 'scripts')),
      filesOf(join(installed, 'bin')),
    );
    const imported = new Set(files.filter((path) => /\.m?[jt]s$/.test(path)).flatMap(packagesOf));
    expect([...imported].filter((name) => !(name in dependencies || name in peerDependencies))).toEqual([]);
    // As many as one thinks: what is found is found by its text.
    expect(imported.size).toBeGreaterThan(15);
  });

  test('is what publint asks for', async () => {
    expect((await publint({ pkgDir: installed, level: 'suggestion', strict: true, pack: false })).messages).toEqual([]);
  });

  test('has types that resolve wherever its modules do', async () => {
    const checked = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
    // Only ES modules: Node 10 knows no `exports`, and CommonJS imports them dynamically.
    const problems = (checked.types === false ? [] : checked.problems).filter(
      (problem) => !('resolutionKind' in problem && /^node(10|16-cjs)$/.test(problem.resolutionKind)),
    );
    expect(checked.types).not.toBe(false);
    expect(problems).toEqual([]);
  });
});

describe('where it is installed', () => {
  test('npx outlast doctor tells of the machine, and keeps what it keeps in the user’s folder', () => {
    const before = filesOf(installed).length;
    const { adapter } = JSON.parse(run('npx', ['--no-install', 'outlast', 'doctor', '--json']));
    expect(adapter.name).not.toBe('');
    expect(filesOf(installed)).toHaveLength(before);
  });

  test('every door opens from JavaScript, with what the sources export', async () => {
    const program = join(project, 'doors.js');
    writeFileSync(
      program,
      `const names = {};\nfor (const door of ${JSON.stringify(doors)}) names[door] = Object.keys(await import(door)).sort();\nconsole.log(JSON.stringify(names));\n`,
    );
    const names = JSON.parse(run(process.execPath, [program]));
    for (const [name, target] of Object.entries<{ types: string }>(exports)) {
      if (name === './package.json') continue;
      const source = target.types.replace('./lib/types/', '').replace('.d.ts', '.ts');
      const sources = Object.keys(await import(join(root, 'src', source))).sort();
      expect(names[name.replace(/^\./, 'outlast')], name).toEqual(sources);
      expect(sources.length).toBeGreaterThan(0);
    }
  });

  test('a training step written with the library in 25 lines runs', () => {
    const source = readFileSync(join(root, 'examples/trainingStep.ts'), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(join(project, 'trainingStep.js'), outputText);
    const { losses } = JSON.parse(run(process.execPath, ['trainingStep.js']));
    // The first is that of guessing between two classes; each step lowers it.
    expect(Math.abs(losses[0] - Math.LN2)).toBeLessThan(1e-6);
    expect(losses[1]).toBeLessThan(losses[0]);
    expect(losses[2]).toBeLessThan(losses[1]);
  });

  const resolutions = {
    nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  };

  test.each(Object.entries(resolutions))(
    'every door and every example has its types in TypeScript, %s',
    (name, options) => {
      const examples = readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts'));
      for (const example of examples) cpSync(join(root, 'examples', example), join(project, example));
      const all = join(project, 'doors.ts');
      const wrong = join(project, 'wrong.ts');
      writeFileSync(
        all,
        doors.map((door, i) => `import * as door${i} from '${door}';\nexport { door${i} };`).join('\n'),
      );
      writeFileSync(wrong, "import { openDevice } from 'outlast/node';\nexport const wrong: number = openDevice();\n");
      const program = ts.createProgram([all, wrong, ...examples.map((example) => join(project, example))], {
        ...options,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
        strict: true,
        // One look at the declarations themselves is enough.
        ...(name === 'nodenext' ? { skipDefaultLibCheck: true } : { skipLibCheck: true }),
        noEmit: true,
      });
      const told = ts
        .getPreEmitDiagnostics(program)
        .map(
          ({ file, messageText }) =>
            `${file ? relative(project, file.fileName) : ''}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
        );
      expect(told).toEqual(["wrong.ts: Type 'Promise<Device>' is not assignable to type 'number'."]);
    },
  );
});
