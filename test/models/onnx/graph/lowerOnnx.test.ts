import { expect, test } from 'vitest';
import { input, spec } from '../../../../src/engine/index.ts';
import { lowerOnnx } from '../../../../src/models/onnx/graph/lowerOnnx.ts';
import { openOnnx } from '../../../../src/models/onnx/graph/open.ts';
import { floatTensor, integerTensor, node, onnxFile } from '../../../support/onnxModel.ts';

/** Shapes and integers are computed while a graph is lowered, without a device. */

const x = input(spec([2, 3, 4]), 'x');

test('a shape that is computed from a shape: Shape, Gather, Concat, Reshape, as exporters write a view', () => {
  const file = onnxFile({
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'first'], ['batch']),
      node('Concat', ['batch', 'rest'], ['target'], { axis: 0 }),
      node('Reshape', ['x', 'target'], ['y']),
    ],
    initialisers: [integerTensor('first', [1], [0]), integerTensor('rest', [1], [-1])],
    inputs: { x: ['N', 3, 4] },
    outputs: ['y', 'target'],
  });
  const outputs = lowerOnnx(openOnnx(file), { x });
  expect(outputs.get('y')?.shape).toEqual([2, 12]);
  expect(Array.from(outputs.get('target')?.known?.().data ?? [])).toEqual([2, -1]);
});

test.each<[name: string, starts: number[], ends: number[], steps: number[], expected: number[]]>([
  ['the last two, backwards', [-1], [-3], [-1], [14, 13]],
  ['all, backwards, to an end beyond the first', [2 ** 31], [-(2 ** 63)], [-1], [14, 13, 12, 11, 10]],
  ['every second, to the largest number', [0], [2 ** 63], [2], [10, 12, 14]],
  ['none', [3], [1], [1], []],
])('Slice of known numbers: %s, as NumPy slices', (_, starts, ends, steps, expected) => {
  const file = onnxFile({
    nodes: [node('Slice', ['n', 'starts', 'ends', 'axes', 'steps'], ['y'])],
    initialisers: [
      integerTensor('n', [5], [10, 11, 12, 13, 14]),
      integerTensor('starts', [1], starts),
      integerTensor('ends', [1], ends),
      integerTensor('axes', [1], [0]),
      integerTensor('steps', [1], steps),
    ],
  });
  const y = lowerOnnx(openOnnx(file), {}).get('y');
  expect(Array.from(y?.known?.().data ?? [NaN])).toEqual(expected);
});

test('integers are divided towards zero, and numbers cast to them cut off', () => {
  const file = onnxFile({
    nodes: [node('Div', ['a', 'b'], ['y']), node('Cast', ['f'], ['z'], { to: 7 })],
    initialisers: [integerTensor('a', [2], [7, -7]), integerTensor('b', [], [2]), floatTensor('f', [2], [2.75, -2.75])],
    outputs: ['y', 'z'],
  });
  const outputs = lowerOnnx(openOnnx(file), {});
  expect(['y', 'z'].map((name) => Array.from(outputs.get(name)?.known?.().data ?? []))).toEqual([
    [3, -3],
    [2, -2],
  ]);
});

const number = (value: number) => integerTensor('n', [], [value]);

test('a few bytes that ask for huge tensors cost no memory: they stay descriptions, which no device is asked for', () => {
  const file = onnxFile({
    nodes: [
      node('Expand', ['n', 'huge'], ['y']),
      node('ConstantOfShape', ['huge'], ['z']),
      node('Add', ['row', 'column'], ['a']),
      node('Gather', ['row', 'column'], ['g'], { axis: 0 }),
    ],
    initialisers: [
      number(1),
      integerTensor('huge', [2], [2 ** 20, 2 ** 20]),
      integerTensor('row', [1, 3000], Array(3000).fill(0)),
      integerTensor('column', [3000, 1], Array(3000).fill(0)),
    ],
    outputs: ['y', 'z', 'a', 'g'],
  });
  const outputs = lowerOnnx(openOnnx(file), {});
  expect([...outputs.values()].map(({ known, shape }) => [known === undefined, shape])).toEqual([
    [true, [2 ** 20, 2 ** 20]],
    [true, [2 ** 20, 2 ** 20]],
    [true, [3000, 3000]],
    [true, [3000, 1, 3000]],
  ]);
});

const huge: [what: string, nodes: ReturnType<typeof node>[], says: string][] = [
  [
    'a sequence',
    [node('Range', ['zero', 'big', 'one'], ['y'])],
    'it has 4294967296 numbers; at most 1048576 are supported',
  ],
  ['a picture', [node('Resize', ['x', '', 'scales'], ['y'])], 'it resizes an axis of 3 to 3000000000'],
  ['an edge', [node('Pad', ['x', 'pads'], ['y'], { mode: 'edge' })], 'it pads an axis of 4 to 4294967300'],
];

test.each(huge)('%s that is too large is refused before it is made', (_, nodes, says) => {
  const file = onnxFile({
    nodes,
    initialisers: [
      integerTensor('zero', [], [0]),
      integerTensor('one', [], [1]),
      integerTensor('big', [], [2 ** 32]),
      integerTensor('pads', [6], [0, 0, 0, 0, 0, 2 ** 32]),
      floatTensor('scales', [3], [1, 1e9, 1]),
    ],
    inputs: { x: [2, 3, 4] },
  });
  expect(() => lowerOnnx(openOnnx(file), { x })).toThrow(says);
});

const failing: [what: string, nodes: ReturnType<typeof node>[], says: string][] = [
  [
    'a shape that does not fit',
    [node('Reshape', ['x', 'five'], ['y'])],
    'm.onnx: node "Reshape of y" (Reshape, opset 17): reshape: f32[2, 3, 4] does not fill the shape [5]',
  ],
  [
    'an attribute that is missing',
    [node('Concat', ['x', 'x'], ['y'])],
    '(Concat, opset 17): its attribute axis is missing',
  ],
  [
    'an attribute of another type',
    [node('Concat', ['x', 'x'], ['y'], { axis: 'one' })],
    '(Concat, opset 17): its attribute axis is not of the type int',
  ],
  ['an axis that is not there', [node('Softmax', ['x'], ['y'], { axis: 3 })], 'there is no axis 3 among 3'],
  ['an index that is not there', [node('Gather', ['x', 'five'], ['y'])], 'there is no index 5 among 2'],
  ['an input that is left out', [node('Add', ['x', ''], ['y'])], 'its input 1 is missing'],
  [
    'a shape that is only known when the graph runs',
    [node('Cast', ['x'], ['n'], { to: 7 }), node('Reshape', ['x', 'n'], ['y'])],
    'its input "n" must be known before the graph runs',
  ],
];

test.each(failing)('%s is said with the node', (_, nodes, says) => {
  const file = onnxFile({ nodes, initialisers: [integerTensor('five', [1], [5])], inputs: { x: [2, 3, 4] } });
  expect(() => lowerOnnx(openOnnx(file, { file: 'm.onnx' }), { x })).toThrow(says);
});

/** ONNX's `Operators.md`, Add-6: "shape(A) = (2, 3, 4, 5), shape(B) = (3, 4), with axis=1", and B along the first axis with axis=0. */
test('until opset 7 an attribute says where the second operand begins', () => {
  const added = (b: number[], axis: number | undefined, opset: number) => {
    const file = onnxFile({
      opset,
      nodes: [node('Add', ['a', 'b'], ['y'], axis === undefined ? {} : { axis, broadcast: 1 })],
      initialisers: [integerTensor('a', [2, 2], [0, 10, 20, 30]), integerTensor('b', [2], b)],
    });
    return Array.from(
      lowerOnnx(openOnnx(file, { file: 'm.onnx' }), {})
        .get('y')
        ?.known?.().data ?? [],
    );
  };
  expect(added([1, 2], 0, 6)).toEqual([1, 11, 22, 32]);
  expect(added([1, 2], 1, 6)).toEqual([1, 12, 21, 32]);
  expect(added([1, 2], undefined, 7)).toEqual([1, 12, 21, 32]);
  expect(() => added([1, 2], 2, 6)).toThrow('m.onnx: node "Add of y" (Add, opset 6): there is no axis 2 among 2');
});

test('of opset 6, slopes of PRelu are the channels’, and what is exported for training is refused in a graph by itself', () => {
  const slopes = onnxFile({
    opset: 6,
    nodes: [node('PRelu', ['x', 'slope'], ['y'])],
    initialisers: [floatTensor('slope', [3], [1, 2, 3])],
    inputs: { x: [2, 3, 4] },
  });
  expect(lowerOnnx(openOnnx(slopes), { x }).get('y')?.shape).toEqual([2, 3, 4]);
  const trained = (opType: string, more: readonly string[], isTest: number) =>
    onnxFile({
      opset: 6,
      nodes: [node(opType, ['x', ...more], ['y'], { is_test: isTest })],
      initialisers: more.map((name) => floatTensor(name, [3], [1, 1, 1])),
      inputs: { x: [2, 3, 4] },
    });
  for (const [opType, more] of [
    ['BatchNormalization', ['scale', 'bias', 'mean', 'variance']],
    ['Dropout', []],
  ] as const) {
    expect(lowerOnnx(openOnnx(trained(opType, more, 1)), { x }).get('y')?.shape).toEqual([2, 3, 4]);
    expect(() => lowerOnnx(openOnnx(trained(opType, more, 0)), { x })).toThrow(/training mode|training_mode/);
  }
});
