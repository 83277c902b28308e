/**
 * Times training steps (W4m) in Chromium against the same in Node, both on SwiftShader, and, where a folder is named, against jax-js in
 * the same Chromium:
 *
 *     npm install --prefix FOLDER @jax-js/jax@0.1.25
 *     node scripts/browserSpeed.mjs [ROUNDS] [FOLDER]
 *
 * Rounds alternate between them. What is compared is processor time, of all processes of Chromium and of Node's one, so that what
 * else a machine does matters little.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { chromium as playwright } from 'playwright-core';
import { median } from 'simple-statistics';
import { ANSWER } from '../bench/peers/serve.mjs';
import { bundling } from './build.mjs';
import { chromiumWithWebGpu } from './chromium.mjs';
import { root } from './driver.mjs';
import { swiftshaderManifest } from './swiftshader.mjs';

const WORKLOAD = 'W4m';

/**
 * A script for a page, which offers `run(times)`.
 * @param {string} contents
 * @param {import('esbuild').Plugin[]} plugins
 */
async function scriptOf(contents, plugins) {
  const { outputFiles } = await build({
    ...bundling,
    ...{ platform: 'browser', packages: undefined, splitting: false, write: false, absWorkingDir: root },
    stdin: { contents, resolveDir: root, loader: 'ts' },
    define: { process: 'globalThis.noProcess' },
    plugins: [...plugins, ...(bundling.plugins ?? [])],
  });
  return outputFiles[0].text;
}

const outlast = () =>
  scriptOf(
    `import { openInBrowser } from './src/engine/index.ts';
    import { trainingWorkloads } from './bench/training.ts';
    globalThis.ready = (async () => {
      const device = await openInBrowser();
      const step = await trainingWorkloads.find(({ name }) => name === '${WORKLOAD}').prepare(device);
      globalThis.run = async (times) => {
        for (let i = 0; i < times; i++) await step.run();
        return step.read();
      };
    })();`,
    [],
  );

/**
 * jax-js as `bench peers` measures it: what its program asks of Node is answered here.
 * @param {string} folder that has it in its node_modules
 */
function jax(folder) {
  const entry = join(resolve(folder), 'node_modules/@jax-js/jax/dist/index.js');
  /** @type {Readonly<Record<string, string>>} */
  const answers = {
    webgpu: '',
    package: `import * as jax from ${JSON.stringify(entry)};
      export const load = () => jax;
      export const workload = '${WORKLOAD}';
      export const versionOf = () => '';`,
    serve: `export const serve = (_, call) => {
      globalThis.run = call;
      globalThis.begun();
      return new Promise(() => {});
    };`,
  };
  return scriptOf(
    `globalThis.ready = new Promise((begun) => { globalThis.begun = begun; });
    import('./bench/peers/jaxjs.mjs');`,
    [
      {
        name: 'answers',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/(webgpu|package|serve)\.mjs$/ }, ({ path }) => ({
            path: path.slice(2, -4),
            namespace: 'answers',
          }));
          onLoad({ filter: /.*/, namespace: 'answers' }, ({ path }) => ({ contents: answers[path], resolveDir: root }));
        },
      },
    ],
  );
}

/**
 * What is timed: a round gives the processor seconds that a step took.
 * @typedef {{ name: string, round(): Promise<number> }} Subject
 */

/**
 * Pages in one Chromium.
 * @param {readonly { name: string, script: string, steps: number }[]} scripts steps: of a round
 */
async function inChromium(scripts) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>speed</title>');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const { env, ...started } = chromiumWithWebGpu();
  const browser = await playwright.launch({
    ...started,
    env: /** @type {Record<string, string>} */ ({ ...process.env, ...env }),
  });
  const tools = await browser.newBrowserCDPSession();
  const seconds = async () => {
    const { processInfo } = await tools.send('SystemInfo.getProcessInfo');
    return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
  /** @type {Subject[]} */
  const subjects = [];
  for (const { name, script, steps } of scripts) {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', ({ message }) => console.error(`${name}: ${message}`));
    await page.goto(`http://localhost:${port}/`);
    await page.addScriptTag({ content: script, type: 'module' });
    await page.evaluate('globalThis.ready');
    // The first step compiles.
    await page.evaluate('globalThis.run(1)');
    subjects.push({
      name,
      async round() {
        const before = await seconds();
        await page.evaluate(`globalThis.run(${steps})`);
        return ((await seconds()) - before) / steps;
      },
    });
  }
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { subjects, close };
}

/** The same steps in Node. */
async function inNode() {
  const child = spawn(process.execPath, ['bin/outlast.mjs', 'bench', 'serve', WORKLOAD], {
    cwd: root,
    env: { ...process.env, VK_DRIVER_FILES: swiftshaderManifest() },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error('bench serve ended');
      if (value.startsWith(ANSWER)) return JSON.parse(value.slice(ANSWER.length));
    }
  };
  await answer();
  /** @type {Subject} */
  const subject = {
    name: 'outlast in Node',
    async round() {
      child.stdin.write('\n');
      return (await answer()).processor / 1000;
    },
  };
  return { subjects: [subject], close: async () => void child.stdin.end() };
}

const [rounds = '5', folder] = process.argv.slice(2);
const node = await inNode();
const pages = await inChromium([
  { name: 'outlast in Chromium', script: await outlast(), steps: 2 },
  ...(folder === undefined ? [] : [{ name: 'jax-js in Chromium', script: await jax(folder), steps: 1 }]),
]);
try {
  const subjects = [...node.subjects, ...pages.subjects];
  const [first] = subjects;
  /** @type {Map<string, number[]>} */
  const costs = new Map(subjects.map(({ name }) => [name, []]));
  for (let k = 0; k < Number(rounds); k++)
    for (const subject of k % 2 === 0 ? subjects : subjects.toReversed())
      costs.get(subject.name)?.push(await subject.round());
  for (const [name, each] of costs) {
    const ratios = each.map((cost, k) => (costs.get(first.name)?.[k] ?? Number.NaN) / cost);
    console.log(
      `${name}: ${(1000 * median(each)).toFixed(0)} ms of processor time a step, ${median(ratios).toFixed(3)} x the speed of ${first.name} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`,
    );
  }
} finally {
  await pages.close();
  await node.close();
}
