import { test } from 'vitest';
import { readReference, useNetworks } from '../../../support/attackReference.ts';
import { expectClose, useDevice } from '../../../support/checkOp.ts';

const openNetwork = useNetworks(useDevice());

test.each(['convolutional', 'resnet'] as const)('the logits of the %s network are PyTorch’s', async (network) => {
  const { samples, logits } = await readReference(network);
  const classifier = await openNetwork(network);
  const ours = await classifier.logits(samples.images.subarray(0, 2 * 784));
  expectClose(ours, logits, {
    relative: 1e-4,
    absolute: 1e-4,
    why: 'sums of some hundred f32 products, 18 layers deep',
  });
});
