import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Device } from '../../../src/engine/device/device.ts';
import { rooflineOf } from '../../../src/engine/measure/roofline.node.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-roofline-'));
  file = join(folder, 'roofline.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

const adapter = { name: 'GPU', vendor: 'v', driver: 'driver 1', backend: 'vulkan', software: false };
const deviceOf = (changed: Partial<typeof adapter>) => ({ adapter: { ...adapter, ...changed } }) as Device;

/** Asks for a roofline where measuring would give `gflops`. */
async function ask(gflops: number, { fresh = false, ...changed }: Partial<typeof adapter> & { fresh?: boolean } = {}) {
  const warnings: string[] = [];
  const warn = (line: string) => warnings.push(line);
  const measure = async () => ({ gflops, gbs: 10 });
  const roofline = await rooflineOf(deviceOf(changed), { fresh, warn, folder, measure });
  return { gflops: roofline.gflops, warnings };
}

it('is measured once for each adapter and driver, and again when asked for', async () => {
  expect(await ask(100)).toEqual({ gflops: 100, warnings: [] });
  expect(await ask(200)).toEqual({ gflops: 100, warnings: [] });
  expect((await ask(300, { driver: 'driver 2' })).gflops).toBe(300);
  expect((await ask(400, { name: 'other GPU' })).gflops).toBe(400);
  expect((await ask(500)).gflops).toBe(100);
  expect((await ask(600, { fresh: true })).gflops).toBe(600);
  expect((await ask(700)).gflops).toBe(600);
  expect((await ask(700, { driver: 'driver 2' })).gflops).toBe(300);
  expect(readdirSync(folder)).toEqual(['roofline.json']);
});

it.each([
  ['no JSON', '{"v | GPU', 'is not valid JSON'],
  ['another form', '{"v | GPU": {"gflops": -1, "gbs": 2}}', 'Too small'],
  ['no record', '[1]', 'expected record'],
])('a file that is %s is warned of in one line and written anew', async (_, text, reason) => {
  writeFileSync(file, text);
  const { gflops, warnings } = await ask(100);
  expect(gflops).toBe(100);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^.*roofline\.json holds no rooflines and is written anew: .*$/);
  expect(warnings[0]).toContain(reason);
  expect(Object.values(JSON.parse(readFileSync(file, 'utf8')))).toEqual([{ gflops: 100, gbs: 10 }]);
  expect(await ask(200)).toEqual({ gflops: 100, warnings: [] });
});
