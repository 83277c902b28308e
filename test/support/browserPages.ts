import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Page, chromium as playwright } from 'playwright-core';
import { chromium } from '../../scripts/chromium.mjs';

/** Pages in a headless Chromium. */
export interface BrowserPages<Name extends string> {
  /** Opens a page; whatever it asks of the network or complains of ends up in `said`. */
  open(name: Name, width: number, scheme?: 'light' | 'dark'): Promise<{ page: Page; said: string[] }>;
  close(): Promise<void>;
}

/**
 * Starts a browser for these pages, as text.
 * @throws on a machine without Chromium, and without a way to fetch one: nothing passes unseen
 */
export async function browserPages<Name extends string>(
  pages: Readonly<Record<Name, string>>,
): Promise<BrowserPages<Name>> {
  const folder = mkdtempSync(join(tmpdir(), 'outlast-browser-'));
  const pathOf = (name: Name) => join(folder, `${name}.html`);
  for (const name of Object.keys(pages) as Name[]) writeFileSync(pathOf(name), pages[name]);
  const { executablePath, args, env } = chromium();
  const browser = await playwright.launch({
    executablePath,
    args,
    env: { ...process.env, ...env } as Record<string, string>,
  });
  return {
    async open(name, width, scheme = 'light') {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme });
      const said: string[] = [];
      const own = pathToFileURL(pathOf(name)).href;
      page.on('request', (request) => {
        if (request.url() !== own && !request.url().startsWith('data:')) said.push(`asked for ${request.url()}`);
      });
      page.on('console', (message) => said.push(`console: ${message.text()}`));
      page.on('pageerror', (error) => said.push(`error: ${error.message}`));
      await page.goto(own);
      return { page, said };
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
