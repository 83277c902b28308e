import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toFloat } from '../../src/models/data/dataset.ts';
import { loadDataset } from '../../src/models/data/load.node.ts';
import { AXE_VIOLATIONS, CUT_OFF } from '../support/inPage.ts';
import { type WebPages, webPages } from '../support/webPages.ts';
import { type AttackResult, attackInNode } from './attackedInNode.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let pages: WebPages;

beforeAll(async () => {
  pages = await webPages();
});

afterAll(async () => {
  await pages?.close();
});

/** axe runs in the page, whose policy lets no script in: it is evaluated by the browser's own tools. */
const axe = async () => `${await readFile(AXE, 'utf8')};${AXE_VIOLATIONS}`;

test('the first view loads less than 250 kB of scripts', () => {
  // A tenth of what the page may have on a slow telephone: Plot, the engine and all else are loaded by need.
  expect(pages.firstBytes).toBeGreaterThan(5_000);
  expect(pages.firstBytes).toBeLessThan(250_000);
});

test('PGD on an image in Chromium has the bits that it has in Node on the same driver', async () => {
  const { test: images } = await loadDataset({ name: 'mnist' });
  const inNode = await attackInNode({
    file: 'src/web/models/mnist-cnn.safetensors',
    shape: [1, 28, 28],
    image: [...toFloat(images, [0])],
    label: images.labels[0],
    settings: { norm: 'inf', eps: 0.2, epsStep: 0.03, maxIter: 20 },
  });
  expect(inNode.adapter.name).toMatch(/swiftshader/i);
  const { page, said } = await pages.open('lab');
  await page.getByText('58,130 parameters').waitFor();
  await page.getByRole('button', { name: 'Attack the image' }).click();
  const link = page.getByRole('link', { name: 'The result as JSON' });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  const inPage: AttackResult = JSON.parse(await readFile(await download.path(), 'utf8'));
  expect(inPage.record.success).toBe(true);
  expect(inPage.image).toEqual(inNode.image);
  expect(inPage.logits).toEqual(inNode.logits);
  expect(inPage.record.firstStep).toBe(inNode.record.firstStep);
  expect(inPage.record.distances).toEqual(inNode.record.distances);
  const { queries, gradients, flops } = inNode.record.cost;
  expect(inPage.record.cost).toMatchObject({ queries, gradients, flops });
  expect(await page.getByRole('status').first().textContent()).toBe(
    `Broken at step ${inNode.record.firstStep} after ${queries} queries and ${gradients} gradients: the network answers ${inNode.record.predictedAfter} in place of 7. Moved by L∞ 0.200, L2 ${inNode.record.distances.l2.toFixed(2)}, ${inNode.record.distances.l0} pixels.`,
  );
  await page.getByRole('spinbutton', { name: 'Test images, at most 100' }).fill('12');
  await page.getByRole('button', { name: 'Attack them' }).click();
  await page.getByText('12 of 12 images are broken.').waitFor();
  await page.getByRole('img', { name: /^Share of images that stand, by queries: 0 %/ }).waitFor();
  expect(await page.evaluate(await axe())).toEqual([]);
  expect(said).toEqual([]);
  await page.close();
});

test.each(['light', 'dark'] as const)('every view, %s: no violation that axe finds, no complaint', async (scheme) => {
  for (const view of ['lab', 'training', 'device']) {
    const { page, said } = await pages.open(view, { scheme });
    await page.getByRole('heading', { level: 2 }).waitFor();
    expect(await page.evaluate(await axe())).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  }
});

test('390 pixels wide: nothing sticks out', async () => {
  const { page } = await pages.open('lab', { width: 390 });
  await page.getByText('58,130 parameters').waitFor();
  await page.getByRole('button', { name: 'Attack the image' }).click();
  await page.getByRole('link', { name: 'The result as JSON' }).waitFor();
  expect(await page.evaluate(CUT_OFF)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
  await page.close();
});

test('a browser without WebGPU is told which ones have it', async () => {
  const before = "Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined })";
  const { page } = await pages.open('lab', { before });
  await page.getByText('This browser offers no WebGPU here').waitFor();
  await page.close();
});
