import { expect, test } from 'vitest';
import { drawUniform, keyOf, streamId } from '../../../src/base/philox.ts';
import { compile, gradients, multiply, type Node, reachable, spec, sum, trace } from '../../../src/engine/index.ts';
import { dropout } from '../../../src/models/network/dropout.ts';
import { mobilenetV2 } from '../../../src/models/network/families/mobilenetV2.ts';
import { vgg } from '../../../src/models/network/families/vgg.ts';
import { policyOf, storingOf } from '../../../src/models/network/precision.ts';
import { trainingStep, trainingStepSpecs } from '../../../src/models/training/step.ts';
import { useDevice } from '../../support/checkOp.ts';
import { values } from '../../support/values.ts';

const device = useDevice();

const plain = { parameters: {}, state: {}, storing: storingOf(policyOf({})) };
const [SHAPE, SEED, SHARE] = [[8, 32], 7, 0.25];

/** `nn.Dropout` in words of PyTorch's documentation: zero with probability p, else scaled by 1 / (1 - p); its backward pass alike. */
test('numbers are 0 where the batch draws less than the share, and scaled by 1 / (1 - share) elsewhere; so are gradients', async () => {
  const layer = dropout('fc', SHARE);
  const executable = await compile(
    ({ x, weights, key }) => {
      const pass = (number: number) =>
        layer.forward(x, { ...plain, training: true, random: { key, pass: number } }).output;
      const evaluated = layer.forward(x, { ...plain, training: false }).output;
      const [slope] = gradients(sum(multiply(pass(0), weights)), [x]);
      return { first: pass(0), second: pass(1), evaluated, slope };
    },
    { x: spec(SHAPE), weights: spec(SHAPE), key: spec([2], 'u32') },
    { device: device() },
  );
  const [x, weights] = [Float32Array.from(values(256, 1)), Float32Array.from(values(256, 2))];
  const outputs = executable.run({ x, weights, key: Uint32Array.from(keyOf(SEED)) });
  // -0 is 0.
  const read = async (name: keyof typeof outputs) => Array.from(await outputs[name].read(), (value) => value + 0);
  const stream = streamId('train.dropout fc');
  const scaled = (numbers: Float32Array, substream: number) => {
    const drawn = drawUniform({ seed: SEED, stream, substream }, 256);
    return Array.from(numbers, (value, i) =>
      drawn[i] < SHARE ? 0 : Math.fround(value * Math.fround(1 / (1 - SHARE))),
    );
  };
  expect(await read('first')).toEqual(scaled(x, 0));
  expect(await read('second')).toEqual(scaled(x, 1));
  expect(await read('slope')).toEqual(scaled(weights, 0));
  expect(await read('evaluated')).toEqual(Array.from(x));
  executable.free();
});

const ENDS = { inChannels: 1, classes: 2 };

/** How many draws of random numbers a pass of a network holds. */
function drawsOf(model: ReturnType<typeof vgg>, training: boolean): number {
  const { forward, parameters, state } = model;
  const { outputs } = trace(
    (inputs) => {
      const random = { key: inputs.key, pass: 0 };
      return { logits: forward(inputs.parameters, inputs.state, inputs.x, { training, random }).logits };
    },
    { parameters, state, x: spec([2, 1, 8, 8]), key: spec([2], 'u32') },
  );
  return reachable([outputs.logits]).filter(({ op }) => op.name === 'randomUniform').length;
}

/** torchvision's `vgg.py` has two layers of dropout, `classifier.2` and `classifier.5`; its `mobilenetv2.py` one, `classifier.0`. */
test.each([
  ['VGG', 2, (dropout?: number) => vgg({ ...ENDS, depth: 11, width: 1, hidden: 4, dropout })],
  ['VGG, cifar stem', 1, (dropout?: number) => vgg({ ...ENDS, depth: 11, width: 1, stem: 'cifar', dropout })],
  ['MobileNetV2', 1, (dropout?: number) => mobilenetV2({ ...ENDS, multiplier: 0.1, dropout })],
])('%s draws in training alone, and only where it drops', (_, layers, build) => {
  expect([true, false].map((training) => drawsOf(build(0.5), training))).toEqual([layers, 0]);
  expect(drawsOf(build(), true)).toBe(0);
});

test('the passes of a batch, as an adversary makes them, drop other numbers; a step without random numbers is refused', () => {
  const model = vgg({ ...ENDS, depth: 11, width: 1, stem: 'cifar', dropout: 0.5 });
  const adversary = {
    queries: 2,
    attack: ({ x, forward }: { readonly x: Node; forward(x: Node): Node }) => {
      forward(x);
      return { logits: forward(x) };
    },
  };
  const options = { optimiser: 'sgd', adversary } as const;
  const { outputs } = trace(
    (inputs) => ({ loss: trainingStep(model, inputs, options).loss }),
    trainingStepSpecs(model, options, [2, 1, 8, 8]),
  );
  const drawn = reachable([outputs.loss]).filter(({ op }) => op.name === 'randomUniform');
  expect(drawn.map(({ attributes }) => attributes.substream)).toEqual([1]);
  expect(() => {
    const { key: _, ...specs } = trainingStepSpecs(model, { optimiser: 'sgd' }, [2, 1, 8, 8]);
    trace((inputs) => ({ loss: trainingStep(model, inputs, { optimiser: 'sgd' }).loss }), specs);
  }).toThrow('dropout of classifier needs random numbers in training');
});
