import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Classifier } from '../../../src/analysis/robustness/classifier/classifier.ts';
import { plannedAttacks } from '../../../src/cli/attack/flags.ts';
import {
  checkProtocol,
  describeProtocol,
  protocolFigures,
  runProtocol,
  saveProtocol,
} from '../../../src/cli/attack/protocol.ts';
import { Table } from '../../../src/cli/terminal/table.ts';
import type { Device } from '../../../src/engine/device/device.ts';
import { openDevice } from '../../../src/engine/open.node.ts';
import { planeClassifier } from '../../support/linearClassifier.ts';

let device: Device;
let classifier: Classifier;
let scratch: string;
beforeAll(async () => {
  device = await openDevice();
  classifier = planeClassifier(device, { bias: -2 });
  scratch = await mkdtemp(join(tmpdir(), 'outlast-protocol-'));
});
afterAll(async () => {
  classifier.free();
  device.destroy();
  await rm(scratch, { recursive: true });
});

test('attacks of a norm are scored against each other, and files are what AttackBench reads', async () => {
  // The last image was wrong before.
  const images = [0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.5, 0.45, 0.5, 0.5, 0.5, 0.45, 0.3, 0.6, 0.4, 0.4];
  const samples = { images: Float32Array.from(images), labels: Int32Array.of(1, 1, 1, 1) };
  const planned = plannedAttacks({ attack: ['fgm', 'random-noise'], norm: '2', maxIter: 2 });
  const runs = await runProtocol(classifier, samples, planned, { seed: 0, batch: 100 });
  // The gradient of a linear model leads straight to its border, so FGM is the envelope and noise is not.
  const [one, noise] = protocolFigures(runs);
  expect(one.score?.optimality).toBe(1);
  expect(noise.score?.optimality).toBeLessThan(1);
  expect(one.samples[3]).toMatchObject({ distance: 0, forwards: 0, backwards: 0 });
  const table = describeProtocol(runs).find((line) => line instanceof Table);
  expect(table).toBeDefined();
  expect(describeProtocol(runs)).toContain('1 of 4 images were wrong before; they lie at distance 0');
  expect(describeProtocol(runs.slice(0, 1))).toContain(
    'optimality compares the attack with itself alone; --attack takes several of a norm',
  );
  // Random noise does not reach the border of a radius that it had no passes to enlarge.
  const poor = await runProtocol(classifier, samples, planned.slice(1), { seed: 0, batch: 100, passes: 1 });
  expect(describeProtocol(poor)).toContain(
    'no optimality: no attack broke an image within its passes (--passes allows more)',
  );
  await saveProtocol(scratch, runs, samples, { data: 'mnist', checkpoint: 'models/plane.safetensors' });
  const text = await readFile(join(scratch, 'attackbench', 'mnist-l2-plane-fgm-outlast-4.json'), 'utf8');
  expect(JSON.parse(text).distances.l2).toEqual(one.samples.map(({ distance }) => distance));
  const [heading, first] = (await readFile(join(scratch, 'passes.csv'), 'utf8')).split('\r\n');
  expect(heading).toBe('attack,norm,sample,passes,distance');
  // The first radius, 1, is broken by the first step: two forward passes and a backward pass.
  expect(first).toMatch(/^fgm,2,0,3,/);
});

test('what the protocol decides itself is refused', () => {
  const planned = plannedAttacks({ attack: ['pgd'] });
  expect(() => checkProtocol({ protocol: 'attackbench', eps: [0.1] }, planned)).toThrow(
    /^attack: --eps is not for --protocol attackbench, which searches for the radius and limits passes by --passes$/,
  );
  expect(() => checkProtocol({ protocol: 'attackbench' }, plannedAttacks({ attack: ['pixel'] }))).toThrow(
    /^pixel: AttackBench's protocol searches for a radius, and its strength counts pixels/,
  );
  expect(() => checkProtocol({ passes: 10 }, planned)).toThrow(/^attack: --passes is for --protocol attackbench/);
  checkProtocol({ eps: [0.1] }, planned);
});
