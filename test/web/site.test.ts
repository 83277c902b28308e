import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AXE, AXE_VIOLATIONS, CUT_OFF } from '../support/inPage.ts';
import { type WebPages, webPages } from '../support/webPages.ts';

let pages: WebPages;
/** All pages but the reports that guides lead to, by their file's name. */
let documents: ReadonlyMap<string, ReturnType<typeof parseHTML>['document']>;

beforeAll(async () => {
  pages = await webPages();
  const names = readdirSync(pages.folder).filter((name) => name.endsWith('.html') && name !== 'paper-small.html');
  const parsed = (name: string) => parseHTML(readFileSync(join(pages.folder, name), 'utf8')).document;
  documents = new Map(names.map((name) => [name, parsed(name)]));
});

afterAll(async () => {
  await pages?.close();
});

test('every guide is a page, and every link on these pages leads to something', () => {
  const guides = readdirSync('docs').filter((name) => name.endsWith('.md'));
  // With the three at the top of the checkout, and the page of the views.
  expect(documents.size).toBe(guides.length + 4);
  const files = new Set(readdirSync(pages.folder));
  const dead = [...documents].flatMap(([name, document]) =>
    [...document.querySelectorAll('a[href], img[src], link[href^="style"], script[src]')].flatMap((element) => {
      const address = element.getAttribute('href') ?? element.getAttribute('src') ?? '';
      if (/^https?:/.test(address)) return [];
      const [file, hash] = address.split('#');
      const target = file === '' ? name : file;
      const isThere = files.has(target) && (hash === undefined || documents.get(target)?.getElementById(hash) != null);
      return isThere ? [] : [`${name}: ${address}`];
    }),
  );
  expect(dead).toEqual([]);
});

test('guides hold no script of their own but what draws a live figure, and no style', () => {
  const scripts = [...documents].flatMap(([name, document]) =>
    [...document.querySelectorAll('script, style, [style], [onclick]')].map(
      (element) => `${name}: ${element.getAttribute('src') ?? element.outerHTML}`,
    ),
  );
  expect(scripts.sort()).toEqual(['findings.html: live.js', 'index.html: main.js']);
});

test('guides: no violation that axe finds, nothing sticks out of 390 pixels, no complaint', async () => {
  const shown = [
    ['guides.html', 'light'],
    ['overview.html', 'dark'],
    ['findings.html', 'light'],
    ['trash.html', 'dark'],
  ] as const;
  for (const [name, scheme] of shown) {
    const { page, said } = await pages.open(name, { width: 390, scheme });
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await page.evaluate(`${AXE};${AXE_VIOLATIONS}`), name).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBe(390);
    // Tables and programs scroll in their boxes.
    const cut = (await page.evaluate<string[]>(CUT_OFF)).filter((line) => !/^TABLE/.test(line));
    expect(cut, name).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  }
});

test('the figure of the findings is computed in the browser', async () => {
  const { page, said } = await pages.open('findings.html');
  await page.getByRole('spinbutton', { name: 'Test images, at most 100' }).fill('4');
  await page.getByRole('button', { name: 'Attack them' }).click();
  await page.getByText('4 of 4 images are broken.').waitFor();
  await page.getByRole('img', { name: /^Share of images that stand, by queries: 0 %/ }).waitFor();
  expect(said).toEqual([]);
  await page.close();
});

test('a report that a guide leads to keeps its style, which its own policy allows', async () => {
  const { page, said } = await pages.open('paper-small.html');
  await page.getByRole('heading', { level: 1 }).waitFor();
  expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none');
  expect(said).toEqual([]);
  await page.close();
});
