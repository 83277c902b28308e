import type { Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WebPages, webPages } from '../support/webPages.ts';

let pages: WebPages;

beforeAll(async () => {
  pages = await webPages();
});

afterAll(async () => {
  await pages?.close();
});

/** Keeps the devices that a worker opens from now on, so that a test can lose one; only the browser's tools reach them. */
const KEEP_DEVICES = `(() => {
  globalThis.devices = [];
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...words) {
    const device = await requestDevice.apply(this, words);
    globalThis.devices.push(device);
    return device;
  };
})()`;

test('the device is measured to the end: probes, and the speed of three kernels', async () => {
  const { page, said } = await pages.open('device');
  await page.getByRole('button', { name: 'Measure this device' }).click();
  await page.getByText('Measured.', { exact: true }).or(page.locator('.warnings')).waitFor();
  expect((await page.getByRole('alert').allInnerTexts()).join('')).toBe('');
  const speeds = (await page.locator('section[aria-label^="Speed in f32"] tbody').innerText()).split('\n');
  const [product, convolution, sum] = speeds.map((line) => line.split('\t'));
  expect(product[0]).toBe('matmul of 1024 × 1024');
  expect(convolution[0]).toBe('conv2d of 16 × 64 × 32 × 32 by 64 filters of 3 × 3');
  expect(sum[0]).toBe('x + x of 64 MiB, read and written');
  for (const [, rate] of [product, convolution]) expect(rate).toMatch(/^[\d.e+]+ GFLOP\/s$/);
  expect(sum[1]).toMatch(/^[\d.e+]+ GB\/s$/);
  expect(said).toEqual([]);
  await page.close();
});

test('a lost device is told, and a click goes on with a new one', async () => {
  const { page } = await pages.open('lab');
  await page.getByText('58,130 parameters').waitFor();
  // The Lab asks its worker for catalogue, network and image, and opens no device before an attack.
  const worker: Worker = page.workers()[0];
  await worker.evaluate(KEEP_DEVICES);
  await page.getByRole('link', { name: 'Training' }).click();
  await page.getByRole('spinbutton', { name: 'Training images' }).fill('1280');
  await page.getByRole('spinbutton', { name: 'Epochs' }).fill('1');
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByText(/ of 20 batches/).waitFor();
  await worker.evaluate('globalThis.devices.at(-1).destroy()');
  await page.getByText(/^The device was lost: /).waitFor();
  expect(await worker.evaluate('globalThis.devices.length')).toBe(1);
  await page.getByRole('button', { name: 'Go on with a new device' }).click();
  await page.getByText(/^Trained after/).waitFor();
  expect(await worker.evaluate('globalThis.devices.length')).toBe(2);
  expect(await page.locator('.warnings').count()).toBe(0);
  // A loss for every second of the 20 batches, a curve and no dot: a path begins once, and goes on nine times.
  const path = await page.locator('figure svg g[stroke="var(--series-1)"] path').getAttribute('d');
  expect(path?.match(/[ML]/g)).toHaveLength(10);
  await page.close();
});
