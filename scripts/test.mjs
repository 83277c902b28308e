/**
 * Runs the tests with vitest and does not believe its word alone: a worker that Dawn kills may take its test file with it silently,
 * so every file under test/ has to report every one of its tests. Arguments are vitest's (`npm test -- --reporter=dot engine/ops`).
 * The last line is `N passed, N failed`, and `, N skipped` when there are any.
 */
import { readdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { parseCLI, startVitest } from 'vitest/node';
import { root as checkout } from './driver.mjs';

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

const expected = testFiles(root, filter);
const vitest = await startVitest('test', filter, { ...options, root, watch: false });
await vitest.close();
const modules = new Map(
  vitest.state.getTestModules().map((module) => [relative(root, module.moduleId).split(sep).join('/'), module]),
);
const summaries = expected.map((path) => ({ path, ...summarise(modules.get(path)) }));
const errors = vitest.state.getUnhandledErrors().length;

/** @param {'passed' | 'failed'} key */
const total = (key) => summaries.reduce((sum, summary) => sum + summary[key], 0);
const skipped = summaries.flatMap((summary) => summary.skipped.map((name) => `${summary.path}: ${name}`));
const broken = summaries.filter((summary) => summary.problem);

console.log(`${expected.length - broken.length} of ${expected.length} test files reported every test`);
for (const { path, problem } of broken) console.log(`  ${path} ${problem}`);
for (const name of skipped) console.log(`  skipped: ${name}`);
if (errors > 0) console.log(`  ${errors} errors outside tests, see above`);
if (total('failed') > 0 || errors > 0 || expected.length === 0) process.exitCode = 1;
counted = true;
console.log(
  `${total('passed')} passed, ${total('failed')} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
);
