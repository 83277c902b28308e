/**
 * What an adapter does where WGSL leaves freedom: prints the column that it would be in docs/devices.md.
 *
 *     node scripts/devices.mjs [--swiftshader | --chromium] [--json]
 *     node scripts/devices.mjs [--swiftshader | --chromium] --save NAME    keeps it as docs/devices/NAME.json, and renews the tables
 *     node scripts/devices.mjs --merge                                     makes the tables of docs/devices.md of docs/devices/*.json
 *
 * The adapter is the one that Dawn finds; with --swiftshader that of SwiftShader's driver, with --chromium what a page in Chromium has.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { chromium as playwright } from 'playwright-core';
import { chromiumWithWebGpu } from './chromium.mjs';
import { driverEnvironment, root } from './driver.mjs';
import { shadersForEsbuild } from './shaders.mjs';
import { cacheFolder, carriedBy, swiftshaderManifest } from './swiftshader.mjs';

const document = join(root, 'docs/devices.md');
const columnsFolder = join(root, 'docs/devices');

/**
 * Bundles a file of bench/devices as the command line is bundled.
 * @param {string} name
 * @param {'node' | 'browser'} platform
 */
async function bundle(name, platform) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'bench/devices', name)],
    bundle: true,
    platform,
    format: platform === 'node' ? 'esm' : 'iife',
    packages: platform === 'node' ? 'external' : undefined,
    plugins: [shadersForEsbuild],
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** @returns {Promise<typeof import('../bench/devices/here.node.ts')>} */
async function loadBench() {
  // Beside the packages, so that the bundle finds them.
  const file = join(root, 'node_modules', `.devices-${process.pid}.mjs`);
  writeFileSync(file, await bundle('here.node.ts', 'node'));
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file);
  }
}

/**
 * Writes a file whole or not at all.
 * @param {string} path
 * @param {string} text
 */
function replaceFile(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/**
 * The columns that are kept, and how they are called: by alphabet, as `ls` shows them.
 * @returns {import('../bench/devices/tables.ts').Columns}
 */
function keptColumns() {
  const files = readdirSync(columnsFolder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  return Object.fromEntries(
    files.map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(columnsFolder, name), 'utf8'))]),
  );
}

/** A page that may use WebGPU, which needs an address that counts as secure. */
const address = 'https://outlast.localhost/';

/** @returns {Promise<import('../bench/devices/column.ts').Column>} */
async function measureInChromium() {
  const { env, ...started } = chromiumWithWebGpu();
  const browser = await playwright.launch({ ...started, env: { ...process.env, ...env } });
  try {
    const page = await browser.newPage();
    await page.route(address, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(address);
    await page.addScriptTag({ content: await bundle('page.ts', 'browser') });
    return await page.evaluate(`measurePage(${JSON.stringify(`Chromium ${browser.version()}`)})`);
  } finally {
    await browser.close();
  }
}

/** @param {boolean} swiftshader */
async function measureHere(swiftshader) {
  Object.assign(process.env, driverEnvironment());
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/webgpu/package.json'), 'utf8'));
  let via = `webgpu ${version}`;
  if (swiftshader) {
    const manifest = swiftshaderManifest();
    process.env.VK_DRIVER_FILES = manifest;
    if (manifest.startsWith(cacheFolder('swiftshader'))) via += `; driver out of ${carriedBy}`;
  }
  return (await loadBench()).measureHere(via);
}

/** @param {import('../bench/devices/tables.ts').Columns} columns */
async function writeDocument(columns) {
  const { documentOf } = await loadBench();
  replaceFile(document, documentOf(readFileSync(document, 'utf8'), columns));
}

try {
  const { values } = parseArgs({
    options: {
      swiftshader: { type: 'boolean', default: false },
      chromium: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      save: { type: 'string' },
      merge: { type: 'boolean', default: false },
    },
  });

  if (!values.merge) {
    const column = values.chromium ? await measureInChromium() : await measureHere(values.swiftshader);
    const text = `${JSON.stringify(column, null, 2)}\n`;
    if (values.save !== undefined) replaceFile(join(columnsFolder, `${values.save}.json`), text);
    else if (values.json) process.stdout.write(text);
    else process.stdout.write(`${column.versions}\n\n${(await loadBench()).tables({ 'this adapter': column })}`);
  }
  if (values.merge || values.save !== undefined) await writeDocument(keptColumns());
} catch (error) {
  // Wrong flags, and machines without an adapter, are told in one line.
  console.error(`devices: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
