import { expect, test } from 'vitest';
import { pipelineKey } from '../../src/engine/kernels/kernel.ts';
import { type CheckedKernel, checkKernels } from '../../src/engine/measure/check.ts';
import { nodePlatform, requestAdapter } from '../../src/engine/open.node.ts';
import { openOn } from '../../src/engine/open.ts';
import type { Dispatch } from '../../src/engine/plan/plan.ts';
import { planPasses } from '../../src/models/inspection/plans.ts';
import { buildNetwork, networkFor } from '../../src/models/network/catalogue.ts';
import { networkSchema } from '../../src/models/network/schema.ts';
import { faulty } from '../support/faultyAdapter.ts';
import { mulberry32 } from '../support/mulberry32.ts';

/* Kernels of a small ResNet whose results are wrong by one bit, in every run: FLIPS of them, at random, or 16. */

const FLIPS = Number(process.env.FLIPS ?? 16);

test('a kernel whose results are wrong by a bit is found by the check of kernels, wherever its op is exact', async () => {
  const platform = nodePlatform();
  const { adapter, fail } = faulty(await requestAdapter(platform));
  const device = await openOn(adapter, platform);
  const images = { channels: 1, height: 12, width: 12, classes: 10 };
  const model = buildNetwork(networkFor(networkSchema.parse({ family: 'resnet', depth: 18, width: 4 }), images));
  const { training, inference } = planPasses(model, { batch: 4, image: [1, 12, 12] }, device.capabilities);
  const steps = [...training.steps, ...inference.prelude, ...inference.steps].filter(
    (step): step is Dispatch => step.kind === 'dispatch',
  );
  const byKernel = new Map<string, Dispatch[]>();
  for (const step of steps) {
    const kernel = pipelineKey(step.call);
    byKernel.set(kernel, [...(byKernel.get(kernel) ?? []), step]);
  }
  const healthy = new Map<string, CheckedKernel[]>();
  for (const [kernel, all] of byKernel) healthy.set(kernel, await checkKernels(device, all));
  expect([...healthy.values()].flat().filter(({ mistake }) => mistake !== null)).toEqual([]);

  const random = mulberry32(1);
  const kernels = [...byKernel.keys()];
  const found = { exact: [0, 0], signOfZero: [0, 0], severalDispatches: [0, 0], rounding: [0, 0] };
  const missed: string[] = [];
  for (let i = 0; i < FLIPS; i++) {
    const kernel = kernels[random() % kernels.length];
    const of = byKernel.get(kernel) ?? [];
    const flip = { kernel, element: random() % 65536, bit: random() % 32 };
    fail({ flip });
    const noticed = (await checkKernels(device, of)).some(({ mistake }) => mistake !== null);
    fail({});
    const exact = healthy.get(kernel)?.some(({ compared }) => compared === 'exactly');
    // A later dispatch of the same node overwrites what an earlier one got wrong, or flips it back.
    const several = steps.filter(({ node }) => of.some((step) => step.node === node)).length > of.length;
    const again = new Set(of.map(({ node }) => node)).size < of.length;
    const kind = !exact
      ? 'rounding'
      : several || again
        ? 'severalDispatches'
        : flip.bit === 31
          ? 'signOfZero'
          : 'exact';
    found[kind][noticed ? 0 : 1]++;
    if (!noticed && kind === 'exact') missed.push(`bit ${flip.bit} of element ${flip.element}: ${of[0].label}`);
  }
  device.destroy();
  expect(missed).toEqual([]);
  expect(found.exact[0]).toBeGreaterThan(FLIPS / 5);
  if (process.env.FLIPS !== undefined) console.log(`${kernels.length} kernels; noticed, not noticed`, found);
});
