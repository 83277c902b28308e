/**
 * Runs the tests with vitest and does not believe its word alone: a worker that Dawn kills may take its test file with it silently,
 * so every file under test/ has to report every one of its tests. The tests of precision run a second time, on SwiftShader: what they
 * promise may not depend on the adapter. Arguments are vitest's (`npm test -- --reporter=dot engine/ops`).
 * The last line is `N passed, N failed`, and `, N skipped` when there are any.
 */
import { readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { root as checkout, probeAdapter } from './driver.mjs';
import { swiftshaderManifest } from './swiftshader.mjs';

/**
 * Beginnings of the paths that run on SwiftShader too: what the engine takes for granted of adapters, number formats,
 * the ops that work in all of them, and infinities and NaN. Not `elementwise.formats`: it compiles a kernel for each of
 * its cases, which takes SwiftShader minutes, and what they compute `arithmetic` tests.
 */
const precisionTests = [
  'bench/devices.',
  'engine/numbers/',
  'engine/measure/precisionProbes.',
  'engine/ops/elementwise/arithmetic.',
  'engine/ops/elementwise/convert.',
  'engine/ops/elementwise/cast.',
  'engine/ops/specialValues.',
  'engine/ops/exact/',
  'engine/ops/conv2d/exactConv2d.',
  'engine/passes/join.codes.',
  'engine/ops/quantise/',
  'engine/ops/reduce/reduce.formats.',
  'engine/ops/conv2d/conv2d.formats.',
  'engine/ops/matmul/matmul.formats.',
].map((path) => `test/${path}`);

/**
 * The test files of a folder, which is what has to report.
 * @param {string} root
 * @param {string[]} filters parts of paths, as vitest takes them; none means every file
 */
function testFiles(root, filters) {
  return readdirSync(join(root, 'test'), { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith('.test.ts'))
    .map((item) => relative(root, join(item.parentPath, item.name)).split(sep).join('/'))
    .filter(
      (path) =>
        filters.length === 0 || filters.some((part) => path.includes(part) || join(root, path).startsWith(part)),
    )
    .sort();
}

/**
 * What one test file reported. A file fails as a whole when it could not be loaded or set up, holds no test, or ended before its last test.
 * @param {import('vitest/node').TestModule | undefined} module
 */
function summarise(module) {
  const results = [...(module?.children.allTests() ?? [])].map((test) => ({ name: test.fullName, ...test.result() }));
  const count = (/** @type {string} */ state) => results.filter((result) => result.state === state).length;
  const unfinished = count('pending');
  const problem = !module
    ? 'did not report'
    : unfinished > 0
      ? `ended before ${unfinished} of its ${results.length} tests`
      : !module.ok() && count('failed') === 0
        ? 'failed outside its tests'
        : results.length === 0
          ? 'reported no test'
          : undefined;
  return {
    problem,
    passed: count('passed'),
    failed: count('failed') + (problem ? 1 : 0),
    skipped: results
      .filter((result) => result.state === 'skipped')
      .map((result) => `${result.name} (${('note' in result && result.note) || 'no reason given'})`),
  };
}

// vitest may end this process itself; until the files are counted, that is a failure.
let counted = false;
process.on('exit', () => {
  if (!counted) process.exitCode ||= 1;
});

const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const root = resolve(options.root ?? checkout);

/**
 * Runs test files and prints which adapter ran how many.
 * @param {string[]} filters vitest's
 * @param {string[]} expected the files that have to report
 * @returns what each of them reported, and the number of errors outside tests
 */
async function runFiles(filters, expected) {
  const vitest = await startVitest('test', filters, { ...options, root, watch: false });
  await vitest.close();
  const modules = new Map(
    vitest.state.getTestModules().map((module) => [relative(root, module.moduleId).split(sep).join('/'), module]),
  );
  const summaries = expected.map((path) => ({ path, ...summarise(modules.get(path)) }));
  const probe = probeAdapter();
  const tests = summaries.reduce((sum, { passed, failed }) => sum + passed + failed, 0);
  console.log(`adapter: ${probe.adapter?.name ?? `none (${probe.reason})`}: ${expected.length} files, ${tests} tests`);
  const broken = summaries.filter((summary) => summary.problem);
  console.log(`${expected.length - broken.length} of ${expected.length} test files reported every test`);
  for (const { path, problem } of broken) console.log(`  ${path} ${problem}`);
  return { summaries, errors: vitest.state.getUnhandledErrors().length };
}

/**
 * Makes SwiftShader the adapter of this process and of the workers that it starts.
 * @returns {string | undefined} why that cannot be
 */
function chooseSwiftshader() {
  try {
    const driverFiles = swiftshaderManifest();
    const { adapter, reason } = probeAdapter({ VK_DRIVER_FILES: driverFiles });
    if (!adapter) return reason;
    if (!adapter.name.includes('SwiftShader')) return `with its driver Dawn takes ${adapter.name}`;
    process.env.VK_DRIVER_FILES = driverFiles;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const expected = testFiles(root, filter);
const gone =
  root === checkout && filter.length === 0
    ? precisionTests.filter((beginning) => !expected.some((path) => path.startsWith(beginning)))
    : [];
for (const beginning of gone) console.log(`no test file begins with ${beginning}, which is to run on SwiftShader too`);
const runs = [await runFiles(filter, expected)];
const again = expected.filter((path) => precisionTests.some((beginning) => path.startsWith(beginning)));
const missing = again.length > 0 ? chooseSwiftshader() : undefined;
if (again.length > 0 && !missing) runs.push(await runFiles(again, again));

const summaries = runs.flatMap((run) => run.summaries);
const errors = runs.reduce((sum, run) => sum + run.errors, 0);
/** @param {'passed' | 'failed'} key */
const total = (key) => summaries.reduce((sum, summary) => sum + summary[key], 0);
const skipped = summaries.flatMap((summary) => summary.skipped.map((name) => `${summary.path}: ${name}`));
for (const name of skipped) console.log(`  skipped: ${name}`);
if (errors > 0) console.log(`  ${errors} errors outside tests, see above`);
// Where the tests are the judge of a change, a run without the second adapter proves nothing; elsewhere it counts as skipped.
const inCi = process.env.CI === 'true';
if (missing) console.log(`SwiftShader: not run, because ${missing} (${again.length} files)`);
const failed = total('failed') + gone.length + (missing && inCi ? 1 : 0);
const skips = skipped.length + (missing && !inCi ? 1 : 0);
if (failed > 0 || errors > 0 || expected.length === 0) process.exitCode = 1;
counted = true;
console.log(`${total('passed')} passed, ${failed} failed${skips > 0 ? `, ${skips} skipped` : ''}`);
