import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { shadersForEsbuild } from '../scripts/shaders.mjs';
import {
  crowdedFolders,
  doorViolations,
  gpuPromiseViolations,
  importCycles,
  layerViolations,
  longFiles,
  missingCatalogueTests,
  missingOpFiles,
  nodeViolations,
  printedNumberViolations,
  type Sources,
  structMemberViolations,
  survivalViolations,
  vagueNames,
} from './support/architectureRules.ts';
import { idioms, leaningComments, longComments } from './support/commentRules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function readFolder(folder: string): [path: string, text: string][] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => relative(root, join(item.parentPath, item.name)).split(sep).join('/'))
    .filter((path) => /\.(tsx?|mjs|wgsl)$/.test(path) && !path.startsWith('test/fixtures/'))
    .map((path) => [path, readFileSync(join(root, path), 'utf8')]);
}

const project: Sources = new Map(
  ['src', 'test', 'bench', 'scripts', 'bin'].filter((folder) => existsSync(join(root, folder))).flatMap(readFolder),
);

/** Every rule, with an example that keeps it and examples that break it and what is then said. */
const rules: {
  rule: (sources: Sources) => string[];
  says: string;
  kept: Record<string, string>;
  broken: [sources: Record<string, string>, violations: string[]][];
}[] = [
  {
    rule: layerViolations,
    says: 'imports point from cli to web to bench to analysis to models to engine to shaders, and base is below all',
    kept: {
      'src/cli/main.ts': "import { run } from '../analysis/study/run.ts';",
      'src/cli/bench.ts': "import { kernels } from '../../bench/kernels.ts';",
      'src/web/page/app.tsx': "import type { Column } from '../../../bench/devices/column.ts';",
      'bench/kernels.ts': "import { compile } from '../src/engine/compile.ts';",
      'src/index.ts': "export * as study from './analysis/study/index.ts';",
      'src/engine/graph.ts':
        "import type { Op } from './op.ts'; import '../shaders/pool.wgsl'; import '../base/errors.ts';",
    },
    broken: [
      [
        { 'src/engine/graph.ts': "import type { ResNet } from '../models/resnet.ts';" },
        ['src/engine/graph.ts imports src/models/resnet.ts, a higher layer'],
      ],
      [
        { 'src/models/train.ts': "export const attack = () => import('../analysis/attacks/pgd.ts');" },
        ['src/models/train.ts imports src/analysis/attacks/pgd.ts, a higher layer'],
      ],
      [
        { 'src/analysis/trash.ts': "export { format } from '../cli/format.ts';" },
        ['src/analysis/trash.ts imports src/cli/format.ts, a higher layer'],
      ],
      [
        { 'bench/a.ts': "import { App } from '../src/web/page/app.tsx';" },
        ['bench/a.ts imports src/web/page/app.tsx, a higher layer'],
      ],
      [
        { 'src/stray/a.ts': '' },
        ['src/stray/a.ts is in no layer (base, shaders, engine, models, analysis, bench, web, cli)'],
      ],
      [
        { 'src/models/a.ts': "import { interleave } from '../../bench/measure.ts';" },
        ['src/models/a.ts imports bench/measure.ts, a higher layer'],
      ],
    ],
  },
  {
    rule: survivalViolations,
    says: 'survival analysis knows nothing of the GPU',
    kept: {
      'src/analysis/survival/fit.ts':
        "import './newton.ts'; import '../../base/errors.ts'; import 'simple-statistics';",
    },
    broken: [
      [
        { 'src/analysis/survival/fit.ts': "import { evaluate } from '../../engine/evaluate.ts';" },
        ['src/analysis/survival/fit.ts imports src/engine/evaluate.ts, which is not survival analysis'],
      ],
    ],
  },
  {
    rule: nodeViolations,
    says: 'Node stays in the command line and *.node.ts',
    kept: {
      'src/engine/open.node.ts': "import { create } from 'webgpu'; process.exitCode = 1;",
      'src/cli/main.ts': "import './doctor.ts'; console.log(process.argv);",
      'src/models/data/idx.node.ts': "import { readFile } from 'node:fs/promises';",
      'src/analysis/trial.ts':
        '/* process */ const process = { global: 1 }; interface A { Buffer: 1; require(): void }',
      'src/analysis/record.ts': 'export const f = (a: { process: number }) => a.process; // Buffer',
    },
    broken: [
      [{ 'src/engine/a.ts': "import 'node:fs';" }, ['src/engine/a.ts imports node:fs, which needs Node']],
      [{ 'src/engine/a.ts': "import 'webgpu';" }, ['src/engine/a.ts imports webgpu, which needs Node']],
      [
        { 'src/models/a.ts': "import { readIdx } from './data/idx.node.ts';" },
        ['src/models/a.ts imports src/models/data/idx.node.ts, which needs Node'],
      ],
      [{ 'src/engine/a.ts': 'const debug = process.env.DEBUG;' }, ["src/engine/a.ts uses Node's process"]],
      [{ 'src/engine/a.ts': 'globalThis.process.exit();' }, ["src/engine/a.ts uses Node's process"]],
      [{ 'src/engine/a.ts': 'export const f = (b: Buffer) => b;' }, ["src/engine/a.ts uses Node's Buffer"]],
      [{ 'src/engine/a.ts': 'export const p = { process };' }, ["src/engine/a.ts uses Node's process"]],
      [{ 'src/models/a.ts': "const x = require('x');" }, ["src/models/a.ts uses Node's require"]],
    ],
  },
  {
    rule: importCycles,
    says: 'no imports go in circles',
    kept: {
      'src/engine/a.ts': "import './b.ts'; import './c.ts';",
      'src/engine/b.ts': "import './c.ts';",
      'src/engine/c.ts': "import 'webgpu';",
    },
    broken: [
      [
        {
          'src/engine/a.ts': "import './b.ts';",
          'src/engine/b.ts': "import { type A, c } from './c.ts';",
          'src/engine/c.ts': "export * from './b.ts';",
        },
        ['src/engine/b.ts -> src/engine/c.ts -> src/engine/b.ts'],
      ],
      [
        { 'src/engine/a.ts': "type B = import('./b.ts').B;", 'src/engine/b.ts': "import type { A } from './a.ts';" },
        ['src/engine/a.ts -> src/engine/b.ts -> src/engine/a.ts'],
      ],
    ],
  },
  {
    rule: missingOpFiles,
    says: 'every op has its reference and its test',
    kept: {
      'src/engine/ops/pool/pool.ts': '',
      'src/engine/ops/pool/kernels.ts': '',
      'test/reference/pool.ts': '',
      'test/engine/ops/pool/pool.test.ts': '',
    },
    broken: [
      [{ 'src/engine/ops/pool/pool.ts': '', 'test/engine/ops/pool/pool.test.ts': '' }, ['test/reference/pool.ts']],
      [
        { 'src/engine/ops/pool/wide.ts': 'defineOp<A>({', 'test/reference/wide.ts': '' },
        ['test/engine/ops/pool/wide.test.ts'],
      ],
    ],
  },
  {
    rule: missingCatalogueTests,
    says: 'everything in a catalogue has its test',
    kept: {
      'src/analysis/robustness/defences/catalogue.ts':
        "import { noise } from './noise.ts'; import { defineDefence } from './defineDefence.ts'; import { snakeCase } from '../../../base/parameter.ts';",
      'test/analysis/robustness/defences/noise.test.ts': '',
    },
    broken: [
      [
        { 'src/analysis/robustness/attacks/catalogue.ts': "import { ddn } from './minimum/ddn.ts';" },
        ['test/analysis/robustness/attacks/minimum/ddn.test.ts'],
      ],
      [
        {
          'src/models/training/optimisers/catalogue.ts':
            "import { lion } from './lion.ts'; import type { A } from './a.ts';",
        },
        ['test/models/training/optimisers/lion.test.ts'],
      ],
    ],
  },
  {
    rule: printedNumberViolations,
    says: 'commands print numbers that programs read',
    kept: {
      'src/cli/a.ts': "import { plain } from '../base/notation.ts';",
      'src/analysis/report/a.ts': "import { number } from './page/format.ts';",
    },
    broken: [
      [
        { 'src/cli/a.ts': "import { number as text } from '../analysis/report/page/format.ts';" },
        ['src/cli/a.ts uses number; what is printed takes numbers from plain'],
      ],
      [
        { 'bench/a.ts': 'print(value.toLocaleString());' },
        ['bench/a.ts uses toLocaleString; what is printed takes numbers from plain'],
      ],
    ],
  },
  {
    rule: vagueNames,
    says: 'names say what is in a file',
    kept: { 'src/engine/plan.ts': '', 'src/engine/commonality.ts': '' },
    broken: [
      [{ 'src/engine/utils.ts': '' }, ['src/engine/utils.ts']],
      [{ 'src/engine/bufferManager.ts': '' }, ['src/engine/bufferManager.ts']],
      [{ 'test/helpers/device.ts': '' }, ['test/helpers/device.ts']],
    ],
  },
  {
    rule: structMemberViolations,
    says: 'members of structs in shaders are called as in TypeScript',
    kept: {
      'src/shaders/pool/pool.wgsl': 'struct Sizes {\n  outHeight: u32, // of_y\n  x2: vec4u,\n}\nfn f(a_b: u32) {}',
      'src/engine/a.ts': 'struct A { a_b: u32 }',
    },
    broken: [
      [
        { 'src/shaders/pool/pool.wgsl': 'struct Sizes {\n  rows: u32,\n  lane_bits: u32,\n  Area: u32,\n}' },
        [
          'src/shaders/pool/pool.wgsl: Sizes.lane_bits is not in camelCase',
          'src/shaders/pool/pool.wgsl: Sizes.Area is not in camelCase',
        ],
      ],
    ],
  },
  {
    rule: doorViolations,
    says: 'rooms are entered by their doors',
    kept: {
      'src/engine/index.ts': "export { a } from './a.ts'; export type { B } from './graph/b.ts';",
      'src/engine/a.ts': "import './graph/b.ts';",
      'src/engine/graph/b.ts': '',
      'src/engine/open.node.ts': '',
      'src/models/a.ts': "import { a } from '../engine/index.ts';",
      'bench/a.ts': "import '../src/engine/open.node.ts';",
    },
    broken: [
      [
        { 'src/engine/index.ts': '', 'src/models/a.ts': "import type { B } from '../engine/graph/b.ts';" },
        ['src/models/a.ts imports src/engine/graph/b.ts, past the door src/engine/index.ts'],
      ],
      [{ 'src/engine/index.ts': 'export const a = 1;' }, ['src/engine/index.ts does more than re-export']],
      [{ 'src/index.node.ts': 'export const a = 1;' }, ['src/index.node.ts does more than re-export']],
    ],
  },
  {
    rule: crowdedFolders,
    says: 'a folder holds what one sees at a glance',
    kept: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`src/models/${i}.ts`, ''])),
    broken: [
      [
        Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`src/engine/${i}.ts`, ''])),
        ['src/engine holds 9 files; 8 at most'],
      ],
    ],
  },
  {
    rule: longFiles,
    says: 'files are short',
    kept: { 'src/engine/a.ts': `${'\n'.repeat(298)}a` },
    broken: [[{ 'src/engine/a.ts': `${'\n'.repeat(300)}a` }, ['src/engine/a.ts has 301 lines; 300 at most']]],
  },
  {
    rule: leaningComments,
    says: 'doc comments stand alone',
    kept: { 'bench/a.ts': '/** Seconds of each run. */ /* Of no export. */', 'test/a.ts': '/** Of each run. */' },
    broken: [
      [
        { 'bench/a.ts': '/**\n   * Of each run:\n   * in seconds.\n   */' },
        ['bench/a.ts: a doc comment begins with "Of", which does not stand alone: /** Of each run:'],
      ],
      [
        { 'bench/a.ts': '/** The same as text. */' },
        ['bench/a.ts: a doc comment begins with "The same", which does not stand alone: /** The same as text. */'],
      ],
    ],
  },
  {
    rule: longComments,
    says: 'lines of comments are at most 140 characters long',
    kept: { 'bench/a.ts': `// ${'a'.repeat(137)}\nconst a = '${'a'.repeat(140)}';` },
    broken: [
      [
        { 'scripts/a.mjs': `/**\n * ${'a'.repeat(138)}\n */` },
        ['scripts/a.mjs:2: a line of a comment has 141 characters; 140 at most'],
      ],
    ],
  },
  {
    rule: idioms,
    says: 'comments have no idioms of another language',
    kept: { 'scripts/a.mjs': "console.log('made anew'); // it is done, with care" },
    broken: [
      [
        { 'scripts/a.mjs': '/**\n * What is reckoned anew.\n */' },
        [
          'scripts/a.mjs:2: "anew" in a comment; say "again"',
          'scripts/a.mjs:2: "reckoned" in a comment; say "estimate"',
        ],
      ],
    ],
  },
  {
    rule: gpuPromiseViolations,
    says: 'GPU promises are waited for by the device alone',
    kept: { 'src/engine/device/a.ts': 'await wait(buffer.mapAsync(1));', 'src/engine/a.ts': '// buffer.mapAsync(1)' },
    broken: [
      [
        { 'src/engine/a.ts': 'await buffer.mapAsync(1);' },
        ['src/engine/a.ts calls mapAsync; only the device does, and waits sparingly'],
      ],
      [
        { 'test/engine/a.test.ts': 'await device.queue.onSubmittedWorkDone();' },
        ['test/engine/a.test.ts calls onSubmittedWorkDone; only the device does, and waits sparingly'],
      ],
    ],
  },
];

describe.each(rules)('$says', ({ rule, kept, broken }) => {
  test('in this project', () => {
    expect(rule(project)).toEqual([]);
  });

  test('and a breach is found', () => {
    expect(rule(new Map(Object.entries(kept)))).toEqual([]);
    for (const [sources, violations] of broken) expect(rule(new Map(Object.entries(sources)))).toEqual(violations);
  });
});

describe('a web page can load', () => {
  const bundle = (entryPoint: { contents: string; resolveDir: string } | string) =>
    build({
      ...(typeof entryPoint === 'string' ? { entryPoints: [join(root, entryPoint)] } : { stdin: entryPoint }),
      bundle: true,
      platform: 'browser',
      format: 'esm',
      plugins: [shadersForEsbuild],
      write: false,
      logLevel: 'silent',
    });

  /** Every file of a folder but those whose names say that they need Node. */
  const filesOf = (folder: string) =>
    [...project.keys()].filter((path) => path.startsWith(`src/${folder}/`) && /(?<!\bnode)\.ts$/.test(path));

  test.each(['engine', 'models', 'analysis'])('all of %s but *.node.ts', async (folder) => {
    const files = filesOf(folder);
    expect(files.length).toBeGreaterThan(20);
    const contents = files.map((path) => `export * as _${files.indexOf(path)} from './${path}';`).join('\n');
    expect((await bundle({ contents, resolveDir: root })).errors).toEqual([]);
  });

  const doors = [...project.keys()].filter((path) => /^src\/(.*\/)?index\.ts$/.test(path));

  test.each(doors)('%s', async (door) => {
    expect((await bundle(door)).errors).toEqual([]);
  });

  test('and a bundle that reaches Node is refused', async () => {
    const reaching = bundle({ contents: "import 'node:fs';", resolveDir: root });
    await expect(reaching).rejects.toThrow('Could not resolve "node:fs"');
  });
});
