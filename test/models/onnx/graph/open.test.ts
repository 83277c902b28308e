import { expect, test } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { openOnnx } from '../../../../src/models/onnx/graph/open.ts';
import { floatTensor, integerTensor, node, onnxFile } from '../../../support/onnxModel.ts';

const x = { x: ['N', 2] };

test('inputs, outputs and what the file says of itself', () => {
  const graph = openOnnx(onnxFile({ nodes: [node('Relu', ['x'], ['y'])], inputs: x }));
  expect(graph.opset).toBe(17);
  expect(graph.producer).toBe('test');
  expect(graph.inputs).toEqual([{ name: 'x', type: 'float', shape: ['N', 2] }]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(['y']);
});

test('nodes that no output depends on are left out, whatever they are', () => {
  const nodes = [node('Relu', ['x'], ['y']), node('Unheard', ['x'], ['z'])];
  expect(openOnnx(onnxFile({ nodes, inputs: x })).nodes.map(({ proto }) => proto.opType)).toEqual(['Relu']);
});

test('initialisers that are also inputs, as files before IR version 4 list them, are no inputs', () => {
  const nodes = [node('Add', ['x', 'w'], ['y'])];
  const graph = openOnnx(onnxFile({ nodes, initialisers: [floatTensor('w', [1], [1])], inputs: { ...x, w: [1] } }));
  expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
});

test('a weight in a node Constant, as Paddle writes them, is an initialiser; a single number stays a node', () => {
  const nodes = [
    node('Constant', [], ['w'], { value: floatTensor('', [2], [1, 2]) }),
    node('Constant', [], ['one'], { value: floatTensor('', [1], [1]) }),
    node('Add', ['x', 'w'], ['a']),
    node('Div', ['a', 'one'], ['y']),
  ];
  const graph = openOnnx(onnxFile({ nodes, inputs: x }));
  expect(Array.from(graph.initialisers.get('w')?.read().data ?? [])).toEqual([1, 2]);
  expect(graph.nodes.map(({ proto }) => proto.opType)).toEqual(['Constant', 'Add', 'Div']);
});

const refused: [what: string, file: Uint8Array, says: string][] = [
  [
    'an operator that nobody knows',
    onnxFile({ nodes: [node('Unheard', ['x'], ['y'])], inputs: x }),
    'm.onnx: node "Unheard of y" (Unheard, opset 17): the operator is not supported; docs/onnx.md lists those that are',
  ],
  [
    'an operator of somebody else',
    onnxFile({ nodes: [{ ...node('FusedConv', ['x'], ['y']), domain: 'com.microsoft' }], inputs: x }),
    '(com.microsoft.FusedConv, opset 17): operators of the domain "com.microsoft" are not supported',
  ],
  [
    'an operator that the opset has not yet in the form that is read',
    onnxFile({
      opset: 8,
      nodes: [node('Expand', ['x', 's'], ['y'])],
      initialisers: [integerTensor('s', [1], [2])],
      inputs: x,
      outputs: ['z'],
    }),
    'nothing gives the output "z"',
  ],
  [
    'a cycle',
    onnxFile({ nodes: [node('Add', ['x', 'b'], ['a']), node('Relu', ['a'], ['b'])], inputs: x, outputs: ['b'] }),
    'node "Add of a" (Add, opset 17) reads "b", which is no input, no initialiser and not given by a node before it',
  ],
  [
    'a value that nothing gives',
    onnxFile({ nodes: [node('Relu', ['nothing'], ['y'])], inputs: x }),
    'reads "nothing", which is no input',
  ],
  [
    'a value that two nodes give',
    onnxFile({ nodes: [node('Relu', ['x'], ['y']), node('Abs', ['x'], ['y'])], inputs: x }),
    'node "Abs of y" (Abs, opset 17) gives "y", which there is already',
  ],
  [
    'an opset before those that are read',
    onnxFile({ opset: 5, nodes: [node('Relu', ['x'], ['y'])], inputs: x }),
    'is of opset 5; outlast reads 6 to',
  ],
  ['no model', new Uint8Array(), 'holds no graph'],
];

test.each(refused)('%s is refused', (_, file, says) => {
  const open = () => openOnnx(file, { file: 'm.onnx' });
  expect(open).toThrow(InputError);
  expect(open).toThrow(says);
});
