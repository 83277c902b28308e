/**
 * Begins a thing that has a name: writes its file and a test that fails until both are filled in, and adds its line to the catalogue.
 *
 *     npm run new -- KIND NAME
 *
 * Ends with status 2 and one line, having written nothing, where the name exists or is none. CONTRIBUTING.md says what comes next.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './driver.mjs';

/** A mistake of whoever asked: one line, status 2. */
class Mistake extends Error {}

/**
 * What a thing is called, and where.
 * @typedef {object} Names
 * @property {string} name in code, and of its files: `totalVariation`
 * @property {string} word in study files and flags: `total-variation`
 * @property {string} title in reports: `Total variation`
 * @property {string} family the folder of an op or an attack
 * @property {string} Name of a class: `TotalVariation`
 */

/**
 * A line that a file gets.
 * @typedef {object} Addition
 * @property {string} path
 * @property {(names: Names) => string} line
 * @property {string} [list] beginning of the list that ends with the line; an import or export, which has no list, comes first
 * @property {string} [end] how the list ends, where that is not `] as const`
 */

/**
 * @typedef {object} Kind
 * @property {string} article
 * @property {readonly string[]} [families] folders of which one must be named
 * @property {Readonly<Record<string, (names: Names) => string>>} files path of what becomes of each template
 * @property {readonly Addition[]} additions
 * @property {string} next what is left to do when the test passes
 */

/**
 * The lines of a catalogue: an import, and a place in its list.
 * @param {string} path
 * @param {string} list
 * @param {(names: Names) => string} entry
 * @param {(names: Names) => string} from
 * @returns {readonly Addition[]}
 */
const catalogue = (path, list, entry, from) => [
  { path, line: (names) => `import { ${entry(names)} } from '${from(names)}';` },
  { path, line: (names) => `${entry(names)},`, list: `export const ${list} = [` },
];

const documentation =
  'npm run docs, and npm run build && node dist/outlast.mjs study schema > studies/schema.json; a line in CHANGELOG.md';

/** @type {Readonly<Record<string, Kind>>} */
const kinds = {
  op: {
    article: 'an op',
    files: {
      'op.ts': ({ family, name }) => `src/engine/ops/${family}/${name}.ts`,
      'op.wgsl': ({ family, name }) => `src/shaders/${family}/${name}.wgsl`,
      'op.reference.ts': ({ name }) => `test/reference/${name}.ts`,
      'op.test.ts': ({ family, name }) => `test/engine/ops/${family}/${name}.test.ts`,
    },
    additions: [
      {
        path: 'src/engine/index.ts',
        line: ({ family, name }) => `export { ${name} } from './ops/${family}/${name}.ts';`,
      },
    ],
    next: 'a row in bench/fidelity for each number format; a line in CHANGELOG.md',
  },
  attack: {
    article: 'an attack',
    families: ['gradient', 'minimum', 'query'],
    files: {
      'attack.ts': ({ family, name }) => `src/analysis/robustness/attacks/${family}/${name}.ts`,
      'attack.test.ts': ({ family, name }) => `test/analysis/robustness/attacks/${family}/${name}.test.ts`,
    },
    additions: catalogue(
      'src/analysis/robustness/attacks/catalogue.ts',
      'ATTACKS',
      ({ name }) => name,
      ({ family, name }) => `./${family}/${name}.ts`,
    ),
    next: documentation,
  },
  defence: {
    article: 'a defence',
    files: {
      'defence.ts': ({ name }) => `src/analysis/robustness/defences/${name}.ts`,
      'defence.test.ts': ({ name }) => `test/analysis/robustness/defences/${name}.test.ts`,
    },
    additions: catalogue(
      'src/analysis/robustness/defences/catalogue.ts',
      'DEFENCES',
      ({ name }) => name,
      ({ name }) => `./${name}.ts`,
    ),
    next: documentation,
  },
  optimiser: {
    article: 'an optimiser',
    files: {
      'optimiser.ts': ({ name }) => `src/models/training/optimisers/${name}.ts`,
      'optimiser.test.ts': ({ name }) => `test/models/training/optimisers/${name}.test.ts`,
      'optimiser.py': ({ name }) => `test/fixtures/training/${name}.py`,
    },
    additions: catalogue(
      'src/models/training/optimisers/catalogue.ts',
      'OPTIMISERS',
      ({ name }) => name,
      ({ name }) => `./${name}.ts`,
    ),
    next: documentation,
  },
  dataset: {
    article: 'a data set',
    files: {
      'dataset.ts': ({ name }) => `src/models/data/datasets/${name}.ts`,
      'dataset.node.ts': ({ name }) => `src/models/data/sources/${name}.node.ts`,
      'dataset.test.ts': ({ name }) => `test/models/data/datasets/${name}.test.ts`,
    },
    additions: [
      ...catalogue(
        'src/models/data/datasets/catalogue.ts',
        'DATASETS',
        ({ name }) => name,
        ({ name }) => `./${name}.ts`,
      ),
      {
        path: 'src/models/data/load.node.ts',
        line: ({ name, Name }) => `import { load${Name} } from './sources/${name}.node.ts';`,
      },
      {
        path: 'src/models/data/load.node.ts',
        line: ({ name, word, Name }) => `${name === word ? name : `'${word}'`}: load${Name},`,
        list: 'const READERS',
        end: '};',
      },
    ],
    next: `a section in docs/data.md; ${documentation}`,
  },
  network: {
    article: 'a network',
    files: {
      'network.ts': ({ name }) => `src/models/network/families/${name}.ts`,
      'network.test.ts': ({ name }) => `test/models/network/families/${name}.test.ts`,
      'network.py': ({ name }) => `test/fixtures/networks/${name}.py`,
    },
    additions: catalogue(
      'src/models/network/catalogue.ts',
      'NETWORKS',
      ({ name }) => `${name}Family`,
      ({ name }) => `./families/${name}.ts`,
    ),
    next: documentation,
  },
  'survival-model': {
    article: 'a survival model',
    files: {
      'survival-model.ts': ({ name }) => `src/analysis/survival/distributions/${name}.ts`,
      'survival-model.test.ts': ({ name }) => `test/analysis/survival/distributions/${name}.test.ts`,
    },
    additions: catalogue(
      'src/analysis/survival/catalogue.ts',
      'SURVIVAL_MODELS',
      ({ name }) => `${name}Model`,
      ({ name }) => `./distributions/${name}.ts`,
    ),
    next: documentation,
  },
};

const usage =
  `npm run new -- KIND NAME, where KIND is ${Object.keys(kinds).join(', ')}; an op may be FAMILY/NAME, ` +
  `and an attack is ${kinds.attack.families?.map((family) => `${family}/NAME`).join(', ')}`;

/** Words that no constant can be called. */
const RESERVED = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
    'function if implements import in instanceof interface let new null package private protected public return static super switch this ' +
    'throw true try typeof undefined var void while with yield'
  ).split(' '),
);

/**
 * @param {string} given `totalVariation` or `total-variation`
 * @returns {string} as code has it
 */
function identifier(given) {
  const name = given.replace(/-([a-z0-9])/g, (_, letter) => letter.toUpperCase());
  if (!/^[a-z][A-Za-z0-9]*$/.test(name) || RESERVED.has(name))
    throw new Mistake(
      `"${given}" is no name: letters and digits, the first a small letter, as totalVariation or total-variation`,
    );
  return name;
}

/**
 * @param {string} kind
 * @param {string} given
 * @returns {Names}
 */
function namesOf(kind, given) {
  const parts = given.split('/');
  const { families } = kinds[kind];
  const fits = families ? parts.length === 2 && families.includes(parts[0]) : parts.length <= (kind === 'op' ? 2 : 1);
  if (!fits) throw new Mistake(`"${given}" is no name: ${usage}`);
  const name = identifier(parts[parts.length - 1]);
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return {
    name,
    word: words.replaceAll(' ', '-'),
    title: words[0].toUpperCase() + words.slice(1),
    family: identifier(parts[0]),
    Name: name[0].toUpperCase() + name.slice(1),
  };
}

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');

/**
 * A text as the formatter and the order of imports want it.
 * @param {string} path
 * @param {string} text
 */
function formatted(path, text) {
  if (!path.endsWith('.ts')) return text;
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [biome, 'check', '--write', `--stdin-file-path=${path}`],
    {
      cwd: root,
      input: text,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`biome does not take ${path}: ${stderr.trim()}`);
  return stdout;
}

/**
 * The text of a catalogue with a line more.
 * @param {string} text
 * @param {Addition} addition
 * @param {Names} names
 */
function withLine(text, { path, line, list, end: last = '] as const' }, names) {
  if (list === undefined) return `${line(names)}\n${text}`;
  const start = text.indexOf(list);
  const end = text.indexOf(last, start);
  if (start < 0 || end < 0) throw new Error(`${path} has no list that begins with "${list}"`);
  return `${text.slice(0, end).replace(/,?\s*$/, ',\n')}  ${line(names)}\n${text.slice(end)}`;
}

/**
 * Whether a name of code, or of study files, is in use where the new one would be.
 * @param {string} path of the catalogue
 * @param {string} folder of the things that it lists
 * @param {Names} names
 */
function isTaken(path, folder, { name, word }) {
  const imports = (read(path).match(/^(?:import|export) [^;]*;/gm) ?? []).join('\n');
  const others = existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    : [];
  const defined = others.map((file) => read(`${folder}/${file}`)).join('\n');
  return (
    new RegExp(`[{ ]${name}(?:Model|Family)?[, ]`, 'i').test(imports) ||
    new RegExp(`name: '(?:${name}|${word})'`, 'i').test(defined)
  );
}

/**
 * What every file will hold, by its path.
 * @param {Kind} kind
 * @param {Names} names
 */
function filesOf({ article, files, additions }, names) {
  const fill = (/** @type {string} */ text) =>
    text.replace(/__(name|word|title|family|Name)__/g, (_, key) => names[/** @type {keyof Names} */ (key)]);
  const made = Object.entries(files).map(([template, path]) => [
    path(names),
    fill(read(`scripts/templates/${template}.txt`)),
  ]);
  const existing = made.map(([path]) => path).find((path) => existsSync(join(root, path)));
  if (existing !== undefined) throw new Mistake(`there is ${article} called ${names.name}: ${existing}`);
  const [{ path: list }] = additions;
  const folder = list.endsWith('catalogue.ts') ? dirname(list) : dirname(made[0][0]);
  if (isTaken(list, folder, names)) throw new Mistake(`the name ${names.name} is taken: see ${list}`);
  const changed = new Map();
  for (const addition of additions)
    changed.set(addition.path, withLine(changed.get(addition.path) ?? read(addition.path), addition, names));
  return [...made, ...changed].map(([path, text]) => ({ path, text: formatted(path, text) }));
}

/**
 * Writes all files or none: a temporary file beside each, then the renames.
 * @param {readonly { path: string, text: string }[]} files
 */
function writeAll(files) {
  const drafts = files.map(({ path, text }) => ({ path: join(root, path), draft: join(root, `${path}.new`), text }));
  try {
    for (const { path, draft, text } of drafts) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(draft, text);
    }
    for (const { path, draft } of drafts) renameSync(draft, path);
  } catch (error) {
    for (const { draft } of drafts) rmSync(draft, { force: true });
    throw error;
  }
}

try {
  const [kind, name, ...rest] = process.argv.slice(2);
  if (name === undefined || rest.length > 0) throw new Mistake(usage);
  if (!Object.hasOwn(kinds, kind)) throw new Mistake(`there is no kind "${kind}": ${usage}`);
  const files = filesOf(kinds[kind], namesOf(kind, name));
  writeAll(files);
  for (const { path } of files) console.log(path);
  const test = files.find(({ path }) => path.endsWith('.test.ts'))?.path;
  console.log(`Fill them in until this passes: npm run test:one ${test}\nThen: ${kinds[kind].next}.`);
} catch (error) {
  console.error(`new: ${error instanceof Error ? error.message : error}`);
  process.exitCode = error instanceof Mistake ? 2 : 1;
}
