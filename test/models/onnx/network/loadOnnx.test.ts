import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { compile, elements, gradients, input, literal, multiply, spec, sum } from '../../../../src/engine/index.ts';
import type { Precision } from '../../../../src/models/network/precision.ts';
import { release, upload } from '../../../../src/models/network/weights.ts';
import type { NodeProto } from '../../../../src/models/onnx/format/schema.ts';
import { keepOnnx } from '../../../../src/models/onnx/network/keepOnnx.ts';
import { loadOnnx, type OnnxNetwork } from '../../../../src/models/onnx/network/loadOnnx.ts';
import type { LoadOptions } from '../../../../src/models/onnx/network/loadOptions.ts';
import { expectClose, type Tolerance, useDevice } from '../../../support/checkOp.ts';
import { floatTensor, integerTensor, node, onnxFile } from '../../../support/onnxModel.ts';

/** Files that ONNX 1.23.2 wrote, with what its reference evaluator computes: test/fixtures/onnx/networks.py. */

const fixture = (name: string) => new URL(`../../../fixtures/onnx/${name}`, import.meta.url);
const file = (name: string) => new Uint8Array(readFileSync(fixture(`${name}.onnx`)));
interface Expected {
  readonly images: number[];
  /** In float64. */
  readonly logits: number[][];
  /** Of the first image's logits, weighted 1, 2, 3, …, by each of its pixels: central differences in float64. */
  readonly slopes: number[];
}

const expected: Record<string, Expected> = JSON.parse(readFileSync(fixture('networks.json'), 'utf8'));

const device = useDevice();

async function logitsOf({ model, weights, images }: OnnxNetwork, pixels: readonly number[]): Promise<number[]> {
  const size = pixels.length / elements(images);
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec([size, ...images]) },
    { device: device() },
  );
  const uploaded = upload(device(), model, weights);
  try {
    return Array.from(await executable.run({ ...uploaded, x: Float32Array.from(pixels) }).logits.read());
  } finally {
    executable.free();
    release(uploaded);
  }
}

const roundings = { absolute: 1e-5, why: 'some dozens of roundings of f32 of numbers around 10, 1e-6 each' };
const inDouble = { absolute: 1e-13, why: 'some dozens of roundings of f64 of numbers around 10' };
const inHalf = { absolute: 0.1, why: 'ten bits of significand on activations and weights of a few layers' };

test.each<[name: string, precision: Precision, tolerance: Tolerance]>([
  ['convolutional', 'f32', roundings],
  ['convolutional', 'f16', inHalf],
  ['elder', 'f32', roundings],
  ['elder', 'f64', inDouble],
  // Written for a batch of one, run with two.
  ['transformer', 'f32', roundings],
  ['transformer', 'f64', inDouble],
])('%s gives the logits of ONNX in %s', async (name, precision, tolerance) => {
  const { images, logits } = expected[name];
  const network = loadOnnx(file(name), { precision });
  expectClose(await logitsOf(network, images), logits.flat(), tolerance);
  expect(network.classes).toBe(logits[0].length);
  expect(network.probabilities).toBe(name === 'transformer' ? null : 'softmax');
});

test.each(Object.keys(expected).filter((name) => name !== 'onnx'))(
  'gradients of %s are those of ONNX',
  async (name) => {
    const { images: pixels, logits, slopes } = expected[name];
    const { model, weights, images } = loadOnnx(file(name));
    const weight = literal(
      Float32Array.from(logits[0], (_, i) => i + 1),
      [1, logits[0].length],
    );
    const executable = await compile(
      ({ parameters, state, x }) => {
        const objective = multiply(model.forward(parameters, state, x, { training: false }).logits, weight);
        return { slopes: gradients(sum(objective), [x])[0] };
      },
      { parameters: model.parameters, state: model.state, x: spec([1, ...images]) },
      { device: device() },
    );
    const uploaded = upload(device(), model, weights);
    const result = executable.run({ ...uploaded, x: Float32Array.from(pixels.slice(0, elements(images))) });
    expectClose(await result.slopes.read(), slopes, roundings);
    executable.free();
    release(uploaded);
  },
);

test('weights are parameters under their own names, running statistics are state, a mean to be subtracted is a constant', () => {
  const { model, weights } = loadOnnx(file('convolutional'));
  expect(Object.keys(model.parameters)).toEqual([
    'conv.weight',
    'conv.bias',
    'bn.weight',
    'bn.bias',
    'conv2.weight',
    'fc.weight',
    'fc.bias',
  ]);
  expect(Object.keys(model.state)).toEqual(['bn.running_mean', 'bn.running_var']);
  expect(model.parameters['conv.weight']).toMatchObject({ layout: 'conv', shape: [3, 3, 3, 4] });
  expect(model.parameters['fc.weight']).toMatchObject({ layout: 'plain', shape: [5, 4] });
  expect(weights.state['bn.running_mean']).toHaveLength(4);
  expect(Object.keys(loadOnnx(file('elder')).model.parameters)).toEqual(['w1', 'b1', 'w2', 'b2']);
});

test('training observes the statistics of the batch', () => {
  const { model } = loadOnnx(file('convolutional'));
  const nodes = (specs: typeof model.parameters) =>
    Object.fromEntries(Object.entries(specs).map(([name, type]) => [name, input(type, name)]));
  const x = input(spec([4, 3, 8, 8]), 'x');
  const { observed } = model.forward(nodes(model.parameters), nodes(model.state), x, { training: true });
  expect(Object.keys(observed)).toEqual(Object.keys(model.state));
});

describe('pixels are made what the network was trained to be given', () => {
  // The mean over the plane of each channel, which the logits are.
  const means = (inputs: Readonly<Record<string, (number | string)[]>>, axes: number[]) =>
    onnxFile({ opset: 13, nodes: [node('ReduceMean', ['x'], ['y'], { axes, keepdims: 0 })], inputs });
  const pixels = [0.25, 0.5, 0.75, 0.5, 1, 0];
  const perChannel = [0.375, 0.625, 0.5];
  const given = (options: LoadOptions, bytes = means({ x: ['N', 3, 1, 2] }, [2, 3])) =>
    logitsOf(loadOnnx(bytes, options), pixels);
  const loaded = (options: LoadOptions) =>
    loadOnnx(means({ x: ['N', 3, 'H', 'W'] }, [2, 3]), { ...options, images: [3, 1, 2] });
  const exact = { absolute: 1e-6, why: 'two roundings of numbers around 1' };

  test('as they are', async () => expectClose(await given({}), perChannel, exact));

  test('from 0 to 255, blue first, normalised in these units', async () => {
    const normalise = { mean: [127.5, 0, 51], standardDeviation: [1, 255, 51] };
    const result = await given({ range: '0..255', channels: 'bgr', normalise });
    expectClose(result, [0, 0.625, (0.375 * 255 - 51) / 51], exact);
  });

  test('bytes where the input is of bytes, unless told otherwise', async () => {
    const nodes = [
      node('Cast', ['x'], ['c'], { to: 1 }),
      node('ReduceMean', ['c'], ['y'], { axes: [2, 3], keepdims: 0 }),
    ];
    const bytes = onnxFile({ opset: 13, nodes, inputs: { x: ['N', 3, 1, 2] }, inputType: 2 });
    const inBytes = perChannel.map((mean) => 255 * mean);
    expectClose(await given({}, bytes), inBytes, { absolute: 1e-4, why: 'two roundings of numbers around 255' });
    expectClose(await given({ range: '0..1' }, bytes), perChannel, exact);
    expect([loadOnnx(bytes).tellsReading, loaded({}).tellsReading]).toEqual([true, false]);
  });

  test('as a kept file says itself', async () => {
    const options: LoadOptions = { range: '0..255', channels: 'bgr', precision: 'f64' };
    const kept = keepOnnx({ file: 'm.onnx', bytes: means({ x: ['N', 3, 'H', 'W'] }, [2, 3]) }, loaded(options).reading);
    const network = loadOnnx(kept);
    expect(network).toMatchObject({ images: [3, 1, 2], model: { precision: 'f64' }, tellsReading: true });
    expect(loaded(options).tellsReading).toBe(false);
    expectClose(await logitsOf(network, pixels), [0.5 * 255, 0.625 * 255, 0.375 * 255], exact);
    // Kept again it says the same; what is said beside it would be said twice.
    expect(loadOnnx(keepOnnx({ file: 'm.onnx', bytes: kept }, network.reading)).reading).toMatchObject(options);
    expect(() => loadOnnx(kept, { channels: 'rgb', file: 'm.onnx' })).toThrow(
      new InputError('m.onnx: says itself how it is read (outlast.reading in its metadata); leave out channels'),
    );
  });

  test('channels last', async () => {
    expectClose(await given({ layout: 'nhwc' }, means({ x: ['N', 1, 2, 3] }, [1, 2])), perChannel, exact);
  });

  test('channels last where the file says so: only the last axis is as short as channels are', () => {
    expect(loadOnnx(means({ x: ['N', 8, 6, 3] }, [1, 2])).images).toEqual([3, 8, 6]);
  });
});

test('a file for a batch of one runs others where its shapes follow', async () => {
  const network = loadOnnx(file('elder'));
  const { images, logits } = expected.elder;
  const three = [...images, ...images.slice(0, images.length / 2)];
  expectClose(await logitsOf(network, three), [...logits.flat(), ...logits[0]], roundings);
});

/** @param most bytes of arrays that may be left when what it allocated on its way is collected. @throws where more are */
function weightsLeftBy(load: () => OnnxNetwork, most: number): OnnxNetwork {
  setFlagsFromString('--expose-gc');
  const gc: () => void = runInNewContext('gc');
  const collect = () => {
    // What one collection finds, the next counts as gone.
    gc();
    gc();
  };
  collect();
  const before = process.memoryUsage().arrayBuffers;
  const network = load();
  collect();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(most);
  return network;
}

const flattened = (target: number[], inputs: Readonly<Record<string, (number | string)[]>>) =>
  onnxFile({
    nodes: [node('Reshape', ['x', 's'], ['y'])],
    initialisers: [integerTensor('s', [target.length], target)],
    inputs,
  });

const refused: [what: string, bytes: Uint8Array, options: LoadOptions, says: string][] = [
  [
    'two inputs',
    onnxFile({ nodes: [node('Add', ['a', 'b'], ['y'])], inputs: { a: [1], b: [1] } }),
    {},
    'has 2 inputs ("a", "b"); a classifier has one',
  ],
  [
    'no output',
    onnxFile({ nodes: [node('Flatten', ['x'], ['y'])], inputs: { x: ['N', 3, 1, 1] }, outputs: [] }),
    {},
    'has no output; a classifier gives logits',
  ],
  ['no images', flattened([-1, 3], { x: [1, 3] }), {}, 'its input "x" is [1, 3]; images are [N, C, H, W]'],
  ['images of any size', flattened([-1, 3], { x: ['N', 3, 'H', 'W'] }), {}, 'say the size of the images'],
  ['images of another size', flattened([-1, 3], { x: ['N', 3, 1, 1] }), { images: [3, 2, 2] }, 'not of [3, 2, 2]'],
  [
    'no classes',
    onnxFile({ nodes: [node('Relu', ['x'], ['y'])], inputs: { x: ['N', 3, 2, 2] } }),
    {},
    'a classifier gives [N, classes]',
  ],
  [
    'weights that are not finite',
    onnxFile({
      nodes: [node('Flatten', ['x'], ['a']), node('Add', ['a', 'w'], ['y'])],
      initialisers: [floatTensor('w', [3], [1, Number.NaN, 1])],
      inputs: { x: ['N', 3, 1, 1] },
    }),
    {},
    'w holds NaN',
  ],
  [
    'a tensor that no device holds',
    onnxFile({
      nodes: [
        node('ConstantOfShape', ['lengths'], ['ones']),
        node('ReduceSum', ['ones'], ['one'], { keepdims: 0 }),
        node('Flatten', ['x'], ['flat']),
        node('Add', ['flat', 'one'], ['y']),
      ],
      initialisers: [integerTensor('lengths', [2], [32_768, 32_769])],
      inputs: { x: ['N', 3, 1, 1] },
    }),
    {},
    'node "ConstantOfShape of ones" (ConstantOfShape, opset 17): it gives float[32768, 32769], more than 2^30 numbers',
  ],
  [
    'a standard deviation of 0',
    flattened([-1, 3], { x: ['N', 3, 1, 1] }),
    { normalise: { mean: [0, 0, 0], standardDeviation: [1, 1, 0] } },
    'the standard deviation is [1, 1, 0]; it must be 3 finite numbers',
  ],
];

test.each(refused)('%s is refused', (_, bytes, options, says) => {
  expect(() => loadOnnx(bytes, options)).toThrow(says);
});

test('a network takes no memory beside its file: weights are decoded when they are read, those of float16 too', () => {
  // 4 MiB that would be 8 in f32. In raw_data, whose bytes are 1.5 and -2.
  const side = 1024;
  const half = { dims: [side, 2 * side], dataType: 10, rawData: new Uint8Array(4 * side ** 2), externalData: [] };
  half.rawData.set([0x00, 0x3e, 0x00, 0xc0]);
  const bytes = onnxFile({
    nodes: [node('Flatten', ['x'], ['f']), node('MatMul', ['f', 'w'], ['y'])],
    initialisers: [{ ...half, name: 'w' }],
    inputs: { x: ['N', side, 1, 1] },
  });
  const { weights } = weightsLeftBy(() => loadOnnx(bytes), 2 ** 20);
  expect(Array.from(weights.parameters.w.subarray(0, 3))).toEqual([1.5, -2, 0]);
});

test('a chain of constants is followed, however long, and once where each reads the one before twice', () => {
  const names = Array.from({ length: 2000 }, (_, i) => `v${i}`);
  const chain = names.slice(1).map((name, i) => node('Sub', [names[i], names[i]], [name]));
  const bytes = onnxFile({
    nodes: [...chain, node('Flatten', ['x'], ['f']), node('Mul', ['f', 'v1999'], ['y'])],
    initialisers: [floatTensor('v0', [2], [1, 2])],
    inputs: { x: ['N', 2, 1, 1] },
  });
  expect(Object.keys(loadOnnx(bytes).model.parameters)).toEqual([]);
});

/** Four tokens of four numbers, in a file for one image; the sequence comes first, as in PyTorch's transformers without `batch_first`. */
const sequenceFirst = (shapes: Readonly<Record<string, readonly number[]>>, nodes: readonly NodeProto[]) =>
  onnxFile({
    inputs: { x: [1, 1, 4, 4] },
    initialisers: Object.entries({ tokens: [1, 4, 4], flat: [1, 16], ...shapes }).map(([name, lengths]) =>
      integerTensor(name, [lengths.length], lengths),
    ),
    nodes: [
      node('Reshape', ['x', 'tokens'], ['t']),
      node('Transpose', ['t'], ['s'], { perm: [1, 0, 2] }),
      ...nodes,
      node('Reshape', ['mixed', 'flat'], ['y']),
    ],
  });

test.each([
  [
    'whose batch would be taken for a part of the sequence',
    sequenceFirst({ rows: [4, 4] }, [
      node('Reshape', ['s', 'rows'], ['r']),
      node('Softmax', ['r'], ['mixed'], { axis: 0 }),
    ]),
    /node "Reshape of r" .*the file is for a batch of 1, and its batch is not the first axis throughout: export it with a dynamic batch/,
  ],
  [
    'that names the batch in the second axis',
    sequenceFirst({ rows: [-1, 4], back: [4, 1, 4] }, [
      node('Reshape', ['s', 'rows'], ['r']),
      node('Reshape', ['r', 'back'], ['b']),
      node('Softmax', ['b'], ['mixed'], { axis: 0 }),
    ]),
    /node "Reshape of b" .*its shape \[4, 1, 4\] may have the batch of 1 in either of its first two axes; export the model with a dynamic batch/,
  ],
])('a sequence-first file for one image %s is refused', (_, bytes, message) => {
  expect(() => loadOnnx(bytes, { file: 'm.onnx' })).toThrow(InputError);
  expect(() => loadOnnx(bytes, { file: 'm.onnx' })).toThrow(message);
});
