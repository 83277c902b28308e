import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Device } from '../../../src/engine/device/device.ts';
import { recallTuning, tuneAll } from '../../../src/engine/measure/tune.node.ts';
import { useDevice } from '../../support/checkOp.ts';
import { type Bodies, doubling, rightBody } from '../../support/variantsOfDouble.ts';

const device = useDevice();
const bodies: Bodies = { standard: rightBody, other: 'y[i] = 2.0 * x[i];', wrong: 'y[i] = x[i];' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlast-tune-'));
  file = join(folder, 'tuning.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The same device under another driver. */
const withDriver = (driver: string): Device =>
  Object.create(device(), { adapter: { value: { ...device().adapter, driver } } });

interface Asked {
  readonly on?: Device;
  readonly fresh?: boolean;
  readonly kernels?: Bodies;
  readonly length?: number;
}

/** Tunes where a run of `other` takes so many milliseconds, and of the default 100. */
async function tuned(other: number, { on = device(), fresh, kernels = bodies, length }: Asked = {}) {
  const warnings: string[] = [];
  let timings = 0;
  const [{ variant }] = await tuneAll(on, [doubling(on, kernels, length)], {
    folder,
    fresh,
    warn: (line) => warnings.push(line),
    stopwatch: async (name, times) => {
      timings++;
      return times * (name === 'other' ? other : 100);
    },
  });
  return { variant, measured: timings > 0, warnings };
}

async function recalled(on: Device = device(), kernels: Bodies = bodies) {
  const warnings: string[] = [];
  const tuning = await recallTuning(on, { folder, warn: (line) => warnings.push(line) });
  return {
    variant: tuning?.variantOf(doubling(on, kernels).node),
    identity: tuning?.identity,
    warnings,
  };
}

it('measures a problem once for each adapter, driver and set of kernels, and again when asked for', async () => {
  expect(await tuned(50)).toMatchObject({ variant: 'other', measured: true });
  expect(await tuned(200)).toMatchObject({ variant: 'other', measured: false });
  expect(await tuned(200, { on: withDriver('2') })).toMatchObject({ variant: 'standard', measured: true });
  expect(await tuned(200, { length: 200 })).toMatchObject({ variant: 'standard', measured: true });
  expect((await tuned(50)).measured).toBe(false);
  expect(await tuned(200, { fresh: true })).toMatchObject({ variant: 'standard', measured: true });
  expect(await tuned(50)).toMatchObject({ variant: 'standard', measured: false });
  const changed = { ...bodies, standard: 'y[i] = x[i] * 2.0;' };
  expect(await tuned(50, { kernels: changed })).toMatchObject({ variant: 'other', measured: true });
  expect(readdirSync(folder)).toEqual(['tuning.json']);
});

it('recalls what was chosen for this adapter, driver and these kernels, and nothing else', async () => {
  expect(await recalled()).toEqual({ variant: undefined, identity: undefined, warnings: [] });
  await tuned(50);
  const first = await recalled();
  expect(first.variant).toBe('other');
  expect(await recalled()).toEqual(first);
  expect((await recalled(withDriver('2'))).variant).toBeUndefined();
  expect((await recalled(device(), { ...bodies, other: 'y[i] = x[i] + x[i] + 0.0;' })).variant).toBeUndefined();
  expect((await recalled(device(), { standard: rightBody, third: rightBody })).variant).toBeUndefined();

  // The identity tells other choices apart, and does not depend on what was measured in which order.
  await tuned(200, { fresh: true });
  expect((await recalled()).identity).not.toBe(first.identity);
  await tuned(40, { fresh: true });
  expect((await recalled()).identity).toBe(first.identity);
});

it('does not keep what did not settle', async () => {
  let falling = 1e6;
  const [{ settled }] = await tuneAll(device(), [doubling(device(), bodies)], {
    folder,
    warn: () => {},
    stopwatch: async (_, times) => {
      falling /= 1.2;
      return falling * times;
    },
  });
  expect(settled).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
  expect((await tuned(50)).measured).toBe(true);
});

it('warns of a wrong variant by name and never keeps it', async () => {
  const { warnings } = await tuned(200);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^the variant wrong of double\(f32\[100\]\) {} is wrong and is not used: it differs from the default by up to 2,/,
  );
  expect(readFileSync(file, 'utf8')).not.toContain('wrong');
});

it.each([
  ['no JSON', '{"v | GPU', 'is not valid JSON'],
  ['another form', '{"v | GPU": {"double": {"variant": 3}}}', 'expected string'],
  ['no record', '[1]', 'expected record'],
])('a file that is %s is warned of in one line and written anew', async (_, text, reason) => {
  writeFileSync(file, text);
  const { variant, warnings } = await recalled();
  expect(variant).toBeUndefined();
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^.*tuning\.json holds no choices of kernels and is written anew: .*$/);
  expect(warnings[0]).toContain(reason);
  expect(await recalled()).toMatchObject({ warnings: [] });
  writeFileSync(file, text);
  expect((await tuned(50, { kernels: { standard: rightBody, other: bodies.other } })).warnings).toHaveLength(1);
  expect((await recalled(device(), { standard: rightBody, other: bodies.other })).variant).toBe('other');
  expect(readdirSync(folder)).toEqual(['tuning.json']);
});
