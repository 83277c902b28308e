import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Page, chromium as playwright } from 'playwright-core';
import { bundling } from '../../scripts/build.mjs';
import { chromiumWithWebGpu } from '../../scripts/chromium.mjs';
import { swiftshaderManifest } from '../../scripts/swiftshader.mjs';
import { buildWeb } from '../../scripts/web.mjs';
import { pageServer } from '../../src/cli/serve/server.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The built pages, served as `outlast serve` does, in a headless Chromium. */
export interface WebPages {
  /** Where they were built. */
  readonly folder: string;
  /** Compressed bytes of the scripts of the first view. */
  readonly firstBytes: number;
  /** Opens a view (`lab`) or a guide (`trash.html`); whatever it asks of others, or complains of, ends up in `said`. */
  open(view: string, options?: OpenOptions): Promise<{ page: Page; said: string[] }>;
  close(): Promise<void>;
}

interface OpenOptions {
  readonly width?: number;
  readonly scheme?: 'light' | 'dark';
  /** Runs in the page before its own scripts. */
  readonly before?: string;
}

/** @param run of a study, to be served as well @throws on a machine without Chromium, and without a way to fetch one */
export async function webPages(run: string | null = null): Promise<WebPages> {
  // A folder of its own: another test file may build at the same time.
  mkdirSync(join(root, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(root, 'dist/.pages-'));
  const { first } = await buildWeb(folder);
  const server = pageServer({ pages: folder, run });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const { env, ...started } = chromiumWithWebGpu();
  const browser = await playwright.launch({ ...started, env: { ...process.env, ...env } as Record<string, string> });
  return {
    folder,
    firstBytes: first,
    async open(view, { width = 1100, scheme = 'light', before } = {}) {
      // Without motion: what fades from one colour to another is for a moment too pale to read.
      const page = await browser.newPage({
        viewport: { width, height: 900 },
        colorScheme: scheme,
        reducedMotion: 'reduce',
      });
      // On a machine with much else to do a shader takes its time.
      page.setDefaultTimeout(300_000);
      const said: string[] = [];
      page.on('request', (request) => {
        if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(address))
          said.push(`asked for ${request.url()}`);
      });
      page.on('console', (message) => said.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => said.push(`error: ${error.message}`));
      if (before !== undefined) await page.addInitScript(before);
      await page.goto(view.endsWith('.html') ? `${address}${view}` : `${address}#${view}`);
      return { page, said };
    },
    async close() {
      await browser.close();
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Runs a program of the tests in Node on SwiftShader, Chromium's driver, in a process of its own.
 * @param path of the program, which reads JSON from standard input and prints JSON
 */
export async function runOnSwiftshader<T>(path: string, input: unknown): Promise<T> {
  const folder = mkdtempSync(join(root, 'node_modules/.on-swiftshader-'));
  try {
    const { outputFiles } = await build({
      ...bundling,
      splitting: false,
      entryPoints: [join(root, path)],
      absWorkingDir: root,
      write: false,
    });
    const program = join(folder, 'program.mjs');
    writeFileSync(program, outputFiles[0].contents);
    const env = { ...process.env, VK_DRIVER_FILES: swiftshaderManifest() };
    return JSON.parse(
      execFileSync(process.execPath, [program], {
        ...{ cwd: root, env, encoding: 'utf8', maxBuffer: 2 ** 26 },
        input: JSON.stringify(input),
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
