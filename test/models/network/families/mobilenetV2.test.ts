import { expect, test } from 'vitest';
import { reachable, spec, trace } from '../../../../src/engine/graph/graph.ts';
import { mobilenetV2 } from '../../../../src/models/network/families/mobilenetV2.ts';
import { parameterCount } from '../../../../src/models/network/model.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { compareWithPyTorch } from '../../../support/familyFixture.ts';

compareWithPyTorch(useDevice(), 'mobilenet-v2');

test('it has the 3,504,872 parameters of torchvision’s documentation', () => {
  expect(parameterCount(mobilenetV2({ inChannels: 3, classes: 1000 }))).toBe(3_504_872);
});

test.for([
  ['imagenet', 224, 7],
  ['imagenet', 32, 1],
  ['cifar', 32, 4],
] as const)('the %s stem leaves of %i pixels %i before the mean', ([stem, side, left]) => {
  const { forward, parameters, state } = mobilenetV2({ stem, multiplier: 0.25, inChannels: 3, classes: 4 });
  const { outputs } = trace(
    (inputs) => ({ logits: forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
    { parameters, state, x: spec([1, 3, side, side]) },
  );
  const planes = reachable([outputs.logits]).filter(({ op }) => op.name === 'batchNorm');
  expect(planes.at(-1)?.shape.slice(2)).toEqual([left, left]);
});
