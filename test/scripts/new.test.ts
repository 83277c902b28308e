import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of what the generator reads and writes, and of what the tests of new things need. */
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'outlast-new-'));
  const files = ['package.json', 'tsconfig.json', 'biome.json', '.gitignore', 'vitest.config.ts'];
  for (const path of ['src', 'test', 'scripts', ...files])
    cpSync(join(root, path), join(copy, path), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

const begin = (...words: string[]) =>
  spawnSync(process.execPath, ['scripts/new.mjs', ...words], { cwd: copy, encoding: 'utf8' });

const listed = () =>
  ['src', 'test'].flatMap((folder) =>
    readdirSync(join(copy, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );

/** What is begun, the catalogue, the line that it must have, and why its test fails until it is filled in. */
const things = [
  {
    words: ['op', 'pool/meanPool'],
    made: [
      'src/engine/ops/pool/meanPool.ts',
      'src/shaders/pool/meanPool.wgsl',
      'test/reference/meanPool.ts',
      'test/engine/ops/pool/meanPool.test.ts',
    ],
    catalogue: 'src/engine/index.ts',
    lines: ["export { meanPool } from './ops/pool/meanPool.ts';"],
    fails: 'test/reference/meanPool.ts: write what meanPool means, in float64',
  },
  {
    words: ['attack', 'query/simple-black-box'],
    made: [
      'src/analysis/robustness/attacks/query/simpleBlackBox.ts',
      'test/analysis/robustness/attacks/query/simpleBlackBox.test.ts',
    ],
    catalogue: 'src/analysis/robustness/attacks/catalogue.ts',
    lines: ["import { simpleBlackBox } from './query/simpleBlackBox.ts';", '  simpleBlackBox,'],
    fails: 'compare with another implementation',
  },
  {
    words: ['defence', 'pixelDeflection'],
    made: [
      'src/analysis/robustness/defences/pixelDeflection.ts',
      'test/analysis/robustness/defences/pixelDeflection.test.ts',
    ],
    catalogue: 'src/analysis/robustness/defences/catalogue.ts',
    lines: ["import { pixelDeflection } from './pixelDeflection.ts';", '  pixelDeflection,'],
    fails: 'write what the paper, or ART, makes of these pixels',
  },
  {
    words: ['optimiser', 'novograd'],
    made: [
      'src/models/training/optimisers/novograd.ts',
      'test/models/training/optimisers/novograd.test.ts',
      'test/fixtures/training/novograd.py',
    ],
    catalogue: 'src/models/training/optimisers/catalogue.ts',
    lines: ["import { novograd } from './novograd.ts';", 'novograd]'],
    fails: 'test/fixtures/training/novograd.json',
  },
  {
    words: ['dataset', 'street-numbers'],
    made: [
      'src/models/data/datasets/streetNumbers.ts',
      'src/models/data/sources/streetNumbers.node.ts',
      'test/models/data/datasets/streetNumbers.test.ts',
    ],
    catalogue: 'src/models/data/datasets/catalogue.ts',
    lines: ["import { streetNumbers } from './streetNumbers.ts';", 'streetNumbers]'],
    fails: 'write a small file of the format',
  },
  {
    words: ['network', 'patch-mixer'],
    made: [
      'src/models/network/families/patchMixer.ts',
      'test/models/network/families/patchMixer.test.ts',
      'test/fixtures/networks/patchMixer.py',
    ],
    catalogue: 'src/models/network/catalogue.ts',
    lines: ["import { patchMixerFamily } from './families/patchMixer.ts';", '  patchMixerFamily,'],
    fails: 'test/fixtures/networks/patch-mixer.json',
  },
  {
    words: ['survival-model', 'rayleigh'],
    made: ['src/analysis/survival/distributions/rayleigh.ts', 'test/analysis/survival/distributions/rayleigh.test.ts'],
    catalogue: 'src/analysis/survival/catalogue.ts',
    lines: ["import { rayleighModel } from './distributions/rayleigh.ts';", '  rayleighModel,'],
    fails: 'values of another program in rayleigh.test.ts',
  },
] as const;

test.each(things)('new $words writes its files and a line of the catalogue', ({ words, made, catalogue, lines }) => {
  const { stdout, stderr, status } = begin(...words);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout.split('\n').slice(0, made.length + 1)).toEqual([...made, catalogue]);
  const text = readFileSync(join(copy, catalogue), 'utf8');
  for (const line of lines) expect(text).toContain(line);
  for (const path of made) expect(readFileSync(join(copy, path), 'utf8')).not.toMatch(/__\w+__/);
});

test('what was begun is formatted, and its types are right', () => {
  const files = things.flatMap(({ made, catalogue }) => [...made.filter((path) => path.endsWith('.ts')), catalogue]);
  const biome = [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'check', ...files];
  const { status, stdout, stderr } = spawnSync(process.execPath, biome, { cwd: copy, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  const { config } = ts.readConfigFile(join(copy, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, copy);
  const modules = things.flatMap(({ made }) => made.filter((path) => path.endsWith('.ts')));
  const declarations = readdirSync(join(copy, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.d.ts'))
    .map((path) => join(copy, 'src', path));
  const program = ts.createProgram([...modules.map((path) => join(copy, path)), ...declarations], options);
  const mistakes = modules.flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(join(copy, path))),
  );
  expect(mistakes.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
});

/** Messages of the tests that fail, by their file. */
function failures(paths: readonly string[]): Map<string, string> {
  const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...paths];
  const { stdout } = spawnSync(process.execPath, vitest, { cwd: copy, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { testResults }: Report = JSON.parse(stdout.slice(stdout.indexOf('{')));
  return new Map(
    testResults.map(({ name, message, assertionResults }) => [
      paths.find((path) => name.endsWith(path)) ?? name,
      [message, ...assertionResults.flatMap(({ failureMessages }) => failureMessages)].join('\n'),
    ]),
  );
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly failureMessages: readonly string[] }[];
  }[];
}

test('their tests fail until they are filled in, and then an op passes', () => {
  const testOf = (made: readonly string[]) => made.find((path) => path.endsWith('.test.ts')) ?? '';
  const found = failures(things.map(({ made }) => testOf(made)));
  for (const { made, fails } of things) expect(found.get(testOf(made)), testOf(made)).toContain(fails);
  const meaning = 'export const meanPool = (x: ArrayLike<number>): Float64Array => Float64Array.from(x);\n';
  writeFileSync(join(copy, 'test/reference/meanPool.ts'), meaning);
  expect(failures([testOf(things[0].made)])).toEqual(new Map([[testOf(things[0].made), '']]));
});

test.each([
  [['op', 'pool/meanPool'], 'there is an op called meanPool: src/engine/ops/pool/meanPool.ts'],
  [['op', 'reduce/softmax'], 'the name softmax is taken: see src/engine/index.ts'],
  [['attack', 'query/deepfool'], 'the name deepfool is taken: see src/analysis/robustness/attacks/catalogue.ts'],
  [['defence', 'jpeg-compression'], 'there is a defence called jpegCompression'],
  [['network', 'vit'], 'there is a network called vit: src/models/network/families/vit.ts'],
  [['op', 'class'], '"class" is no name: letters and digits, the first a small letter, as totalVariation'],
  [['op', '../outside'], '".." is no name'],
  [['attack', 'a/b'], '"a/b" is no name'],
  [['attack', 'spsa'], '"spsa" is no name'],
  [['defence', "x'y"], '"x\'y" is no name'],
  [['thing', 'x'], 'there is no kind "thing"'],
  [
    ['attack'],
    'npm run new -- KIND NAME, where KIND is op, attack, defence, optimiser, dataset, network, survival-model',
  ],
])('new %j is refused in one line, and nothing is written', (words, message) => {
  const before = listed();
  const { stdout, stderr, status } = begin(...words);
  expect(stderr).toMatch(/^new: [^\n]+\n$/);
  expect(stderr).toContain(message);
  expect(stdout).toBe('');
  expect(status).toBe(2);
  expect(listed()).toEqual(before);
});
