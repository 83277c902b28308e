import { buildNetwork } from '../../src/models/network/catalogue.ts';
import { initialWeights } from '../../src/models/network/weights.ts';
import { loadOnnx, toOnnx } from '../../src/models/onnx/index.ts';
import type { FuzzTarget } from '../support/fuzz/target.ts';
import { floatTensor, integerTensor, node, onnxFile } from '../support/onnxModel.ts';

/** Classifiers in ONNX: one that outlast writes, and one with sizes that are computed in the graph. */
export const onnx: FuzzTarget = {
  seeds: async () => {
    const options = { family: 'cnn', width: 1, hidden: 2, inChannels: 1, classes: 2, imageSize: [16, 16] } as const;
    const model = buildNetwork(options);
    const written = toOnnx(model, initialWeights(model, 0), { images: [1, 16, 16] });
    const reshaped = onnxFile({
      nodes: [
        node('Conv', ['x', 'w'], ['c'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
        node('Relu', ['c'], ['r']),
        node('Reshape', ['r', 's'], ['f']),
        node('Gemm', ['f', 'g'], ['y'], { transB: 1 }),
      ],
      initialisers: [
        floatTensor(
          'w',
          [2, 1, 3, 3],
          Array.from({ length: 18 }, (_, i) => i / 18),
        ),
        integerTensor('s', [2], [-1, 32]),
        floatTensor(
          'g',
          [2, 32],
          Array.from({ length: 64 }, (_, i) => i / 64),
        ),
      ],
      inputs: { x: ['batch', 1, 4, 4] },
    });
    return [written, reshaped];
  },
  read: (bytes) => loadOnnx(bytes, { file: 'model.onnx' }),
  words: [
    'Conv',
    'Gemm',
    'Reshape',
    'Expand',
    'Tile',
    'Pad',
    'Resize',
    'ConstantOfShape',
    'Range',
    'Slice',
    'Concat',
  ].concat([
    'Transpose',
    'BatchNormalization',
    'MaxPool',
    'AveragePool',
    'Softmax',
    'Einsum',
    'axes',
    'perm',
    'pads',
    'dilations',
  ]),
};
