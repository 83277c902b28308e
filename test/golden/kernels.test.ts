import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Capabilities } from '../../src/engine/graph/capabilities.ts';
import type { KernelCall } from '../../src/engine/graph/op.ts';
import { canonicalKernels } from '../../src/engine/kernels/canonical.ts';
import type { Plan } from '../../src/engine/plan/plan.ts';
import { planPasses } from '../../src/models/inspection/plans.ts';
import { resnet } from '../../src/models/network/families/resnet.ts';
import { PRECISIONS } from '../../src/models/network/precision.ts';

const limits = {
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: 2 ** 34,
};

/** Of adapters that differ in all that chooses kernels: a processor, a GPU, and one of which nothing is known. */
const adapters: Record<string, Capabilities> = {
  processor: { ...limits, subgroupsOf8: true, fastWorkgroupMemory: false, f16Storage: 'packed' },
  gpu: { ...limits, subgroupsOf8: false, fastWorkgroupMemory: true, f16Storage: 'native' },
  unknown: { ...limits, subgroupsOf8: false, fastWorkgroupMemory: false },
};

/** Entry and text of every pipeline of some plans. */
const pipelines = (plans: readonly Plan[]) =>
  plans.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.kind === 'dispatch' ? [`${step.node.op.name} ${step.call.entry} ${digest(step.call)}`] : [],
    ),
  );

const textOf = canonicalKernels();
const digest = (call: KernelCall) => createHash('sha256').update(textOf(call)).digest('hex').slice(0, 16);

/**
 * What every kernel is that two networks run: its text as the device compiles it, but for comments, white space and the
 * order of declarations. What moves or reformats the source of a kernel leaves this as it is; what changes a kernel
 * shows here which, and the measured choices of `outlast tune` are kept by the same text.
 */
test('kernels have the text that they had', async () => {
  const lines = new Set<string>();
  for (const [adapter, capabilities] of Object.entries(adapters))
    for (const precision of PRECISIONS)
      for (const network of [
        { depth: 18, stem: 'imagenet', image: [1, 28, 28] },
        { depth: 50, stem: 'cifar', image: [3, 32, 32] },
      ] as const) {
        const { image, ...shape } = network;
        const model = resnet({ ...shape, width: 8, inChannels: image[0], classes: 10, precision });
        const { inference, training } = planPasses(model, { image, batch: 8 }, capabilities);
        for (const line of pipelines([inference, training])) lines.add(`${adapter} ${precision} ${line}`);
      }
  await expect(`${[...lines].sort().join('\n')}\n`).toMatchFileSnapshot('../fixtures/golden/kernels.txt');
});
