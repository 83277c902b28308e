import { expect, test } from 'vitest';
import { spec, trace } from '../../../../src/engine/graph/graph.ts';
import { vgg } from '../../../../src/models/network/families/vgg.ts';
import { parameterCount } from '../../../../src/models/network/model.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'vgg');

test('images of 28 pixels go through all five pools: a plane of one pixel is not halved', async () => {
  const model = vgg({ depth: 11, width: 1, stem: 'cifar', inChannels: 1, classes: 3 });
  const { forward, parameters, state } = model;
  const { outputs } = trace(
    (inputs) => ({ logits: forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
    { parameters, state, x: spec([2, 1, 28, 28]) },
  );
  expect(outputs.logits.shape).toEqual([2, 3]);
});

/** The numbers in torchvision's documentation. */
test.for([
  [11, false, 132_863_336],
  [16, false, 138_357_544],
  [16, true, 138_365_992],
  [19, false, 143_667_240],
] as const)('VGG-%i, batch norm %s, has %i parameters', ([depth, batchNorm, count]) => {
  expect(parameterCount(vgg({ depth, batchNorm, inChannels: 3, classes: 1000 }))).toBe(count);
});
