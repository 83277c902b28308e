import { expect, test } from 'vitest';
import { type Device, elements, hostArray, spec } from '../../../../src/engine/index.ts';
import { compile } from '../../../../src/engine/run/compile.ts';
import { resnet } from '../../../../src/models/network/families/resnet.ts';
import { vgg } from '../../../../src/models/network/families/vgg.ts';
import { vit } from '../../../../src/models/network/families/vit.ts';
import type { HostWeights, Model } from '../../../../src/models/network/model.ts';
import { mapValues } from '../../../../src/models/network/model.ts';
import { initialWeights } from '../../../../src/models/network/weights.ts';
import { decode } from '../../../../src/models/onnx/format/message.ts';
import { modelProto } from '../../../../src/models/onnx/format/schema.ts';
import { loadOnnx } from '../../../../src/models/onnx/network/loadOnnx.ts';
import { toOnnx } from '../../../../src/models/onnx/writer/toOnnx.ts';
import { useDevice } from '../../../support/checkOp.ts';
import { convolutionalModel } from '../../../support/convolutionalModel.ts';
import { values } from '../../../support/values.ts';

const device = useDevice();
const BATCH = 3;

/** Weights in which nothing is 0 or 1: of batch norm, too. */
function weightsOf(model: Model): HostWeights {
  const { parameters, state } = initialWeights(model, 1);
  const moved = (record: HostWeights['state'], least: number) =>
    mapValues(record, (numbers, name) => {
      const noise = values(numbers.length, name.length);
      return numbers.map((value, i) => value + (numbers.length > 64 ? 0 : least + Math.abs(noise[i]) / 4));
    });
  return { parameters: moved(parameters, 0.125), state: moved(state, 0.25) };
}

async function logitsOf(device: Device, model: Model, weights: HostWeights, shape: readonly number[]) {
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: { ...model.parameters }, state: { ...model.state }, x: spec(shape) },
    { device },
  );
  const pixels = hostArray('f32', elements(shape)).map((_, i) => Math.abs(Math.sin(i * i * 0.37 + i)));
  const { logits } = executable.run({ ...weights, x: pixels });
  const numbers = await logits.read();
  executable.free();
  return numbers;
}

const networks: [name: string, model: Model, images: [number, number, number]][] = [
  ['a small network', convolutionalModel(5), [1, 12, 12]],
  [
    'a ResNet with normalisation, the stem of ImageNet and bottlenecks',
    resnet({
      depth: 50,
      width: 2,
      stem: 'imagenet',
      inChannels: 3,
      classes: 7,
      normalisation: { mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3] },
    }),
    [3, 32, 32],
  ],
  [
    'a vision transformer: a class token for each image, attention, layer norm, GELU',
    vit({ depth: 2, width: 12, heads: 3, patch: 4, inChannels: 3, classes: 5, imageSize: [8, 8] }),
    [3, 8, 8],
  ],
];

test.each(networks)('%s is read back, and gives the same logits for another batch', async (_, model, images) => {
  const weights = weightsOf(model);
  const expected = await logitsOf(device(), model, weights, [BATCH, ...images]);
  const largest = Math.max(...expected.map(Math.abs));
  // Images that give other logits: nothing is lost on the way.
  const spread = expected
    .slice(0, expected.length / BATCH)
    .map((value, i) => value - expected[expected.length - expected.length / BATCH + i]);
  expect(Math.max(...spread.map(Math.abs)) / largest).toBeGreaterThan(1e-3);
  for (const batchNorm of ['kept', 'folded'] as const) {
    const read = loadOnnx(toOnnx(model, weights, { images, batchNorm }));
    expect(read).toMatchObject({ images, probabilities: null });
    expect(Object.keys(model.parameters)).toEqual(expect.arrayContaining(Object.keys(read.model.parameters)));
    const actual = await logitsOf(device(), read.model, read.weights, [BATCH, ...images]);
    // Kept: the same operations, whose kernels may be fused otherwise. Folded: each weight is rounded once more.
    const worst = Math.max(...actual.map((value, i) => Math.abs(value - expected[i]))) / largest;
    expect(worst).toBeLessThan(batchNorm === 'kept' ? 2e-6 : 1e-5);
  }
});

test('what a file says of itself: operators, opset, names of classes, any batch', () => {
  const model = convolutionalModel(2);
  const bytes = toOnnx(model, initialWeights(model, 0), {
    images: [1, 8, 8],
    opset: 20,
    batchNorm: 'folded',
    classNames: ['cat', 'dog'],
  });
  const { graph, opsetImport, metadataProps, irVersion, producerName } = decode(modelProto, bytes, 'm.onnx');
  // ONNX's table of versions: opset 20 came with IR version 9.
  expect({ opset: opsetImport[0].version, irVersion, producerName }).toEqual({
    opset: 20,
    irVersion: 9,
    producerName: 'outlast',
  });
  expect(metadataProps).toEqual([
    { key: 'input_range', value: '0..1' },
    { key: 'class_names', value: '["cat","dog"]' },
  ]);
  const stage = ['Conv', 'Relu', 'MaxPool'];
  const end = ['Conv', 'Relu', 'ReduceMean', 'Gemm', 'Add', 'Identity'];
  expect(graph?.node.map(({ opType }) => opType)).toEqual([...stage, ...stage, ...end]);
  const dimensions = graph?.input[0].type?.tensorType?.shape?.dim;
  expect(dimensions?.map(({ dimParam, dimValue }) => dimParam ?? dimValue)).toEqual(['batch', 1, 8, 8]);
});

test('batch norm becomes part of a convolution that has a bias', () => {
  const model = vgg({
    depth: 11,
    width: 4,
    batchNorm: true,
    hidden: 8,
    inChannels: 3,
    classes: 2,
    imageSize: [32, 32],
  });
  const bytes = toOnnx(model, weightsOf(model), { images: [3, 32, 32], batchNorm: 'folded' });
  const operators = decode(modelProto, bytes, 'm.onnx').graph?.node.map(({ opType, input }) => [opType, input.length]);
  expect(operators?.filter(([name]) => name === 'Conv')).toEqual(Array.from({ length: 8 }, () => ['Conv', 3]));
  expect(operators?.map(([name]) => name)).not.toContain('BatchNormalization');
});

test('what cannot be written is refused in one line', () => {
  const model = convolutionalModel(2);
  const weights = initialWeights(model, 0);
  expect(() => toOnnx(model, weights, { images: [1, 8, 8], opset: 12 })).toThrow('must be 13 to 23');
  expect(() => toOnnx({ ...model, precision: 'f16' }, weights, { images: [1, 8, 8] })).toThrow(
    'convolutional: is of f16; only networks of f32 are written as ONNX',
  );
});
