import { describe, expect, test } from 'vitest';
import type { Capabilities } from '../../../src/engine/graph/capabilities.ts';
import { pipelineKey } from '../../../src/engine/kernels/kernel.ts';
import type { ImageShape } from '../../../src/models/evaluation/evaluate.ts';
import { planPasses } from '../../../src/models/inspection/plans.ts';
import { type ResNetOptions, resnet } from '../../../src/models/network/families/resnet.ts';

/** As lavapipe's, where a pipeline costs most: between a tenth of a second and several seconds, at its first use. */
const capabilities: Capabilities = {
  subgroupsOf8: true,
  fastWorkgroupMemory: false,
  maxStorageBufferBindingSize: 2 ** 27,
  maxBufferSize: 2 ** 28,
  maxComputeWorkgroupsPerDimension: 65_535,
  memoryBudget: 2 ** 34,
};

/** What tells the pipelines of a training step apart. */
function pipelines(
  network: Pick<ResNetOptions, 'depth' | 'width' | 'stem'>,
  image: ImageShape,
  batch: number,
): Set<string> {
  const model = resnet({ ...network, inChannels: image[0], classes: 10 });
  const { steps } = planPasses(model, { image, batch }, capabilities).training;
  return new Set(steps.flatMap((step) => (step.kind === 'dispatch' ? [pipelineKey(step.call)] : [])));
}

const cases: { stem: 'cifar' | 'imagenet'; image: ImageShape; most: number }[] = [
  // 28×28 on a 3×3 stem has planes of whole vec4s and, at 7×7, others.
  { stem: 'cifar', image: [1, 28, 28], most: 40 },
  // The 7×7 stem adds its convolution, three kernels of max pooling and what its gradient needs.
  { stem: 'imagenet', image: [3, 64, 64], most: 44 },
];

describe.each(cases)('pipelines with the $stem stem', ({ stem, image, most }) => {
  const small = pipelines({ depth: 18, width: 16, stem }, image, 32);

  test('a training step of a ResNet-18 takes few', () => {
    expect(small.size).toBeLessThanOrEqual(most);
  });

  test('a ResNet-152 adds few: a network needs more kernels because of its shapes, not of its depth', () => {
    const added = [...pipelines({ depth: 152, width: 8, stem }, image, 8)].filter((key) => !small.has(key));
    expect(added.length).toBeLessThanOrEqual(8);
  });
});
