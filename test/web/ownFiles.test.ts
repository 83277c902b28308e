import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { encode } from 'fast-png';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeImage } from '../../src/models/data/decodeImage.node.ts';
import {
  buildNetwork,
  decodeSafetensors,
  encodeSafetensors,
  fromCheckpoint,
  type ImageShape,
  initialWeights,
  toCheckpoint,
  toOnnx,
} from '../../src/models/index.ts';
import { type WebPages, webPages } from '../support/webPages.ts';
import { type AttackResult, attackInNode } from './attackedInNode.ts';

const SHIPPED = 'src/web/models/mnist-cnn.safetensors';
/** Few steps: what is asked is whether bits are equal. */
const STEPS = 4;
const folder = mkdtempSync(join(tmpdir(), 'outlast-own-'));
let pages: WebPages;

beforeAll(async () => {
  pages = await webPages();
});

afterAll(async () => {
  await pages?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Drops a file on the field with a label, as a hand would. */
async function drop(page: Page, label: RegExp, name: string, bytes: Uint8Array) {
  const data = await page.evaluateHandle(
    // Text: it runs in the browser, whose types no test may see.
    `(() => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob('${Buffer.from(bytes).toString('base64')}'), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], '${name}'));
      return data;
    })()`,
  );
  await page.locator('.drop', { hasText: label }).dispatchEvent('drop', { dataTransfer: data });
}

interface LabResult extends AttackResult {
  readonly original: readonly number[];
}

/** Attacks what was chosen, and reads the result's file. */
async function attackInPage(page: Page): Promise<LabResult> {
  await page.getByRole('spinbutton', { name: 'Steps' }).fill(String(STEPS));
  await page.getByRole('button', { name: 'Attack the image' }).click();
  const link = page.getByRole('link', { name: 'The result as JSON' });
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return JSON.parse(await readFile(await download.path(), 'utf8'));
}

/** Compares an attack in the page with the same in Node, bit for bit. */
async function expectSameInNode(inPage: LabResult, file: string, shape: ImageShape) {
  const settings = { norm: 'inf', eps: 0.2, epsStep: 0.03, maxIter: STEPS };
  const inNode = await attackInNode({ file, shape, image: inPage.original, label: null, settings });
  expect(inNode.adapter.name).toMatch(/swiftshader/i);
  expect(inPage.image).toEqual(inNode.image);
  expect(inPage.logits).toEqual(inNode.logits);
  expect(inPage.record.label).toBe(inNode.record.label);
  expect(inPage.record.distances).toEqual(inNode.record.distances);
  const { queries, gradients, flops } = inNode.record.cost;
  expect(inPage.record.cost).toMatchObject({ queries, gradients, flops });
}

test('a digit that is drawn, attacked in an ONNX file that is dropped: the bits of Node', async () => {
  const { model, weights } = fromCheckpoint(
    decodeSafetensors(readFileSync(SHIPPED), SHIPPED),
    SHIPPED,
    undefined,
    'f32',
  );
  const file = join(folder, 'digits.onnx');
  writeFileSync(file, toOnnx(model, weights, { images: [1, 28, 28] }));
  const { page, said } = await pages.open('lab');
  await drop(page, /ONNX or safetensors/, basename(file), readFileSync(file));
  await page.getByLabel('Attacked').getByText('digits.onnx').waitFor({ state: 'attached' });
  await page.getByText('58,130 parameters, images of 1 × 28 × 28').waitFor();
  // A one: a stroke from above to below, a little to the right of the middle.
  const pad = (await page.getByRole('img', { name: /^Drawing pad/ }).boundingBox())!;
  const at = (x: number, y: number) => [pad.x + x * pad.width, pad.y + y * pad.height] as const;
  await page.mouse.move(...at(0.6, 0.2));
  await page.mouse.down();
  await page.mouse.move(...at(0.6, 0.8), { steps: 5 });
  await page.mouse.up();
  await page.getByRole('img', { name: 'Your image' }).waitFor();
  const inPage = await attackInPage(page);
  // Brought to the middle, 20 of 28 pixels high, as the digits of MNIST are.
  const lit = (pixels: readonly number[]) => pixels.some((pixel) => pixel > 0.5);
  const rows = Array.from({ length: 28 }, (_, y) => lit(inPage.original.slice(28 * y, 28 * y + 28)));
  const columns = Array.from({ length: 28 }, (_, x) => lit(inPage.original.filter((_, i) => i % 28 === x)));
  expect([rows.indexOf(true), rows.lastIndexOf(true)]).toEqual([4, 23]);
  expect(columns.indexOf(true) + columns.lastIndexOf(true)).toBe(27);
  expect(inPage.record.label).toBe(1);
  await expectSameInNode(inPage, file, [1, 28, 28]);
  expect(said).toEqual([]);
  await page.close();
});

test('a picture that is dropped, attacked in a safetensors file that is chosen: the bits of Node', async () => {
  const options = { family: 'cnn', inChannels: 3, classes: 5, imageSize: [32, 32] } as const;
  const file = join(folder, 'colours.safetensors');
  writeFileSync(file, encodeSafetensors(toCheckpoint(options, initialWeights(buildNetwork(options), 1))));
  const pixels = Uint8Array.from({ length: 3 * 32 * 32 }, (_, i) => (i * 37) % 256);
  const picture = await sharp(pixels, { raw: { width: 32, height: 32, channels: 3 } })
    .png()
    .toBuffer();
  const { page, said } = await pages.open('lab');
  await page.getByLabel(/ONNX or safetensors/).setInputFiles(file);
  await page.getByText('images of 3 × 32 × 32').waitFor();
  await drop(page, /picture of yours/, 'picture.png', picture);
  await page.getByRole('img', { name: 'Your image' }).waitFor();
  const inPage = await attackInPage(page);
  // What libvips reads, colour by colour.
  const read = await decodeImage(picture, 'picture.png');
  expect(inPage.original.map((pixel) => Math.round(255 * pixel))).toEqual([...read.pixels]);
  await expectSameInNode(inPage, file, [3, 32, 32]);
  expect(said).toEqual([]);
  await page.close();
});

/** The pixels of the picture that the lab shows. */
const SHOWN = `[...document.querySelector('canvas[aria-label="Your image"]').getContext('2d').getImageData(0, 0, 28, 28).data]`;

/** Values from 0 to 255 over 28 × 28 pixels. */
const levels = Array.from({ length: 784 }, (_, i) => Math.round((255 * i) / 783));

test('pictures of 16 bits are read as libvips reads them; what is transparent lies on black', async () => {
  const deep = encode({
    width: 28,
    height: 28,
    channels: 1,
    depth: 16,
    data: Uint16Array.from(levels, (v) => 257 * v),
  });
  const clear = (at: number) => at % 28 < 5;
  const opaque = encode({
    ...{ width: 28, height: 28, channels: 2, depth: 8 },
    data: Uint8Array.from(levels.flatMap((v, at) => [v, clear(at) ? 0 : 255])),
  });
  const pictures = [
    { name: 'deep.png', bytes: deep, shown: levels },
    { name: 'opaque.png', bytes: opaque, shown: levels.map((v, at) => (clear(at) ? 0 : v)) },
  ];
  for (const { name, bytes, shown } of pictures) {
    const { page } = await pages.open('lab');
    await page.getByText('58,130 parameters').waitFor();
    await drop(page, /picture of yours/, name, bytes);
    await page.getByRole('img', { name: 'Your image' }).waitFor();
    const { pixels } = await decodeImage(bytes, name);
    expect([...pixels]).toEqual(levels);
    // The picture is painted a moment after its canvas is there.
    await expect
      .poll(() => page.evaluate<number[]>(SHOWN), { timeout: 300_000 })
      .toEqual(shown.flatMap((v) => [v, v, v, 255]));
    await page.close();
  }
});

test('a picture that is broken or huge, and a file that is no network, are refused in a line', async () => {
  // A black picture of 144 megapixels, a bit each.
  const huge = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#000' } })
    .toColourspace('b-w')
    .png({ compressionLevel: 1 })
    .toBuffer();
  const { page, said } = await pages.open('lab');
  await page.getByText('58,130 parameters').waitFor();
  await drop(page, /picture of yours/, 'cut.png', huge.subarray(0, 40));
  await page.getByText('cut.png: the browser cannot read it as an image; PNG, JPEG and WebP are read').waitFor();
  await drop(page, /picture of yours/, 'huge.png', huge);
  await page.getByText('huge.png: 144 megapixels; at most 100 are read').waitFor();
  // What was chosen before stays.
  await page.getByRole('img', { name: /^Test image 0, class 7/ }).waitFor();
  await drop(page, /ONNX or safetensors/, 'notes.txt', Buffer.from('not a network'));
  await page
    .getByRole('alert')
    .getByText(/^notes\.txt: /)
    .waitFor();
  expect(said).toEqual([]);
  await page.close();
});
