/**
 * Runs ONNX's own test cases through the reader of ONNX files, on this machine's adapter.
 *
 *     npm run conformance:onnx                     all: writes docs/onnx/conformance.json and the table of docs/onnx.md
 *     npm run conformance:onnx -- Conv networks    some operators and suites: prints what did not pass
 *
 *     npm run conformance:onnx -- --written        no cases: every family of networks as ONNX, through ONNX Runtime
 *     npm run conformance:onnx -- --fixture        all, and packs small ones that passed as test/fixtures/onnx/cases.jsonl.gz
 *
 * The cases are made by ONNX's Python package, in an environment that is made in .cache (Python 3.11 or later). Every part runs in
 * a process of its own, so that a crash costs no more than it. What is written is checked by all runs without names. Exit code 1: a case
 * failed, or logits of ONNX Runtime are off by more than 1e-5 of the largest.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { bundling } from './build.mjs';
import { driverEnvironment, root } from './driver.mjs';

/** @typedef {import('../bench/conformance/runCase.ts').Outcome} Outcome */
/** @typedef {typeof import('../bench/conformance/here.node.ts')} Bench */

const ONNX = '1.23.2';
const packages = [`onnx==${ONNX}`, 'numpy==2.4.6', 'onnxruntime==1.32.0'];
const cache = join(root, '.cache/onnx');
const environment = join(cache, 'python');
const python = join(environment, 'bin/python');
const cases = join(cache, 'cases');
const document = join(root, 'docs/onnx.md');
const fixture = join(root, 'test/fixtures/onnx/cases.jsonl.gz');
const results = join(root, 'docs/onnx/conformance.json');

/** Packs of one process. */
const PART = 16;

/**
 * @param {string} program
 * @param {string[]} words
 */
function run(program, words) {
  const { status, error } = spawnSync(program, words, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0)
    throw new Error(`${basename(program)} ${words.join(' ')} failed: ${error?.message ?? `status ${status}`}`);
}

/** Python with the packages, made once for their versions. */
function makeEnvironment() {
  const made = join(environment, packages.join(' '));
  if (existsSync(made)) return;
  mkdirSync(cache, { recursive: true });
  run('python3', ['-m', 'venv', environment]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  writeFileSync(made, '');
}

/** The cases, made once for a version of ONNX. */
function makeCases() {
  const made = join(cases, `onnx-${ONNX}`);
  if (existsSync(made)) return;
  rmSync(cases, { recursive: true, force: true });
  run(python, [join(root, 'scripts/onnxCases.py'), cases]);
  writeFileSync(made, '');
}

/** @param {string} folder */
async function bundle(folder) {
  await build({
    ...bundling,
    entryPoints: [join(root, 'bench/conformance/here.node.ts')],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
  });
  const path = join(folder, 'here.node.mjs');
  const part = join(folder, 'part.mjs');
  const written = join(folder, 'written.mjs');
  const source = JSON.stringify(pathToFileURL(path).href);
  const printed = "(each) => process.stdout.write(JSON.stringify(each) + '\\n')";
  writeFileSync(part, `import { runPacks } from ${source};\nawait runPacks(process.argv.slice(2), ${printed});\n`);
  writeFileSync(written, `import { writeNetworksHere } from ${source};\nawait writeNetworksHere(${printed});\n`);
  return { path, part, written };
}

/**
 * The lines of a pack.
 * @param {string} path
 */
const linesOf = (path) =>
  gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');

/**
 * Runs packs in a process; those that it does not come to count as failed.
 * @param {string} program
 * @param {string[]} packs
 * @returns {Promise<Outcome[]>}
 */
async function runPart(program, packs) {
  /** @type {Map<string, Outcome>} */
  const outcomes = new Map();
  const child = spawn(process.execPath, [program, ...packs], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...driverEnvironment() },
  });
  const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? `status ${status}`)));
  for await (const line of createInterface({ input: child.stdout })) {
    const outcome = JSON.parse(line);
    outcomes.set(outcome.name, outcome);
  }
  const end = await ended;
  return packs
    .flatMap(linesOf)
    .map((line) => JSON.parse(line))
    .map(
      ({ name, operator }) =>
        outcomes.get(name) ?? { name, operator, outcome: 'failed', why: `the process ended before it had run: ${end}` },
    );
}

/**
 * Writes a file whole or not at all.
 * @param {string} path
 * @param {string | Uint8Array} text
 */
function replaceFile(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/**
 * @param {string[]} names
 * @returns {string[]} paths of packs
 */
function chosenPacks(names) {
  const all = readdirSync(cases)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .map((name) => basename(name, '.jsonl.gz'))
    .sort();
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`there are no cases of ${unknown}; there are ${all.join(', ')}`);
  return (names.length > 0 ? names : all).map((name) => join(cases, `${name}.jsonl.gz`));
}

/**
 * Runs ONNX's cases, and writes what came out of all of them.
 * @param {string} path the bundle
 * @param {string} part the program that runs packs
 * @param {string[]} names of packs; none: all
 * @param {boolean} packed whether small cases are packed for the tests
 * @returns {Promise<boolean>} whether none failed
 */
async function checkCases(path, part, names, packed) {
  makeCases();
  const packs = chosenPacks(names);
  /** @type {Outcome[]} */
  const outcomes = [];
  for (let first = 0; first < packs.length; first += PART) {
    outcomes.push(...(await runPart(part, packs.slice(first, first + PART))));
    process.stderr.write(`${Math.min(first + PART, packs.length)} of ${packs.length} packs\n`);
  }
  /** @type {Bench} */
  const { conformanceTable, conformanceText, fixtureOf, withConformance } = await import(pathToFileURL(path).href);
  const table = conformanceTable(outcomes, ONNX);
  const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
  const shown = names.length > 0 ? outcomes.filter(({ outcome }) => outcome !== 'passed') : failed;
  for (const { name, outcome, why } of shown) console.log(`${outcome}: ${name}: ${why}`);
  console.log(table.split('\n')[0]);
  if (names.length === 0) {
    mkdirSync(join(root, 'docs/onnx'), { recursive: true });
    replaceFile(results, conformanceText(outcomes, ONNX));
    replaceFile(document, withConformance(readFileSync(document, 'utf8'), table));
  }
  if (packed) replaceFile(fixture, gzipSync(fixtureOf(packs.flatMap(linesOf), outcomes)));
  return failed.length === 0;
}

/** Of the largest logit: what a dozen layers of another runtime round otherwise. */
const MOST_OFF = 1e-5;

/**
 * Every family of networks as ONNX, computed by ONNX Runtime from the files and by outlast from the networks.
 * @param {string} program
 * @param {string} folder for what is written
 * @returns {boolean} whether all are alike
 */
function checkWritten(program, folder) {
  const file = join(folder, 'written.jsonl');
  const output = openSync(file, 'w');
  const { status } = spawnSync(process.execPath, [program], {
    stdio: ['ignore', output, 'inherit'],
    env: { ...process.env, ...driverEnvironment() },
  });
  closeSync(output);
  if (status !== 0) throw new Error(`writing networks ended with status ${status}`);
  const { stdout, status: end } = spawnSync(python, [join(root, 'scripts/onnxWritten.py'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (end !== 0) throw new Error(`ONNX Runtime ended with status ${end}`);
  /** @type {{ name: string, error: number | null, why?: string }[]} */
  const results = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  if (results.length === 0) throw new Error('ONNX Runtime computed no network');
  for (const { name, error, why } of results)
    console.log(`${name}: ${error === null ? why : `logits off by ${error.toExponential(1)} of the largest`}`);
  return results.every(({ error }) => error !== null && error <= MOST_OFF);
}

// Beside the packages, so that the bundle finds them.
const folder = join(root, 'node_modules/.cache', `conformance-${process.pid}`);
try {
  const { positionals: names, values } = parseArgs({
    options: { fixture: { type: 'boolean', default: false }, written: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  makeEnvironment();
  const { path, part, written } = await bundle(folder);
  const casesPass = values.written || (await checkCases(path, part, names, values.fixture));
  const filesAgree = names.length > 0 || checkWritten(written, folder);
  if (!casesPass || !filesAgree) process.exitCode = 1;
} catch (error) {
  console.error(`conformance: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
