import { expect, test } from 'vitest';
import { input, spec } from '../../../../src/engine/index.ts';
import { lowerOnnx } from '../../../../src/models/onnx/graph/lowerOnnx.ts';
import { openOnnx } from '../../../../src/models/onnx/graph/open.ts';
import { node, onnxFile } from '../../../support/onnxModel.ts';

/** Shapes of results by the formulas of ONNX's operator pages: ⌈length / stride⌉ for SAME, the output's shape where it is asked for. */
const shapes: [
  operator: string,
  attributes: Parameters<typeof node>[3],
  x: number[],
  weight: number[] | null,
  y: number[],
][] = [
  ['Conv', { auto_pad: 'SAME_UPPER', strides: [2, 3] }, [1, 2, 5, 8], [4, 2, 3, 3], [1, 4, 3, 3]],
  ['Conv', { auto_pad: 'VALID', dilations: [2, 1] }, [1, 2, 7, 8], [4, 2, 3, 3], [1, 4, 3, 6]],
  ['Conv', { group: 2, pads: [0, 1, 2, 3] }, [1, 4, 5, 5], [6, 2, 2, 2], [1, 6, 6, 8]],
  ['Conv', { strides: [2], pads: [1, 0] }, [3, 2, 9], [5, 2, 3], [3, 5, 4]],
  ['ConvTranspose', { strides: [2, 2], output_padding: [1, 0] }, [1, 2, 3, 3], [2, 4, 3, 3], [1, 4, 8, 7]],
  ['ConvTranspose', { strides: [2, 2], auto_pad: 'SAME_UPPER' }, [1, 2, 3, 4], [2, 4, 3, 3], [1, 4, 6, 8]],
  ['ConvTranspose', { strides: [3, 2], output_shape: [10, 8] }, [1, 1, 3, 3], [1, 2, 3, 3], [1, 2, 10, 8]],
  ['MaxPool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }, [1, 1, 4, 4], null, [1, 1, 2, 2]],
  ['AveragePool', { kernel_shape: [2], strides: [2], pads: [0, 1] }, [1, 3, 5], null, [1, 3, 3]],
];

test.each(shapes)('%s %j of %j by %j is %j', (operator, attributes, x, weight, y) => {
  const inputs: Record<string, number[]> = weight === null ? { x } : { x, weight };
  const graph = openOnnx(onnxFile({ nodes: [node(operator, Object.keys(inputs), ['y'], attributes)], inputs }));
  const nodes = Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, input(spec(shape), name)]));
  expect(lowerOnnx(graph, nodes).get('y')?.shape).toEqual(y);
});

test.each<[operator: string, attributes: Parameters<typeof node>[3], says: string]>([
  ['MaxPool', { kernel_shape: [2, 2], strides: [2] }, 'its strides are [2]; there must be 2 numbers'],
  ['MaxPool', { kernel_shape: [2, 2], auto_pad: 'SAME' }, 'its auto_pad is SAME, which ONNX does not know'],
  ['MaxPool', { kernel_shape: [2, 2, 2] }, 'its kernel is [2, 2, 2]; it must have 2 lengths'],
  ['MaxPool', { kernel_shape: [9, 9] }, 'the kernel is larger than the padded input'],
])('%s with %j is refused', (operator, attributes, says) => {
  const graph = openOnnx(onnxFile({ nodes: [node(operator, ['x'], ['y'], attributes)], inputs: { x: [1, 1, 4, 4] } }));
  expect(() => lowerOnnx(graph, { x: input(spec([1, 1, 4, 4]), 'x') })).toThrow(says);
});
