import {
  batchNorm,
  batchNormStatistics,
  cast,
  conv2d,
  gradients,
  matmul,
  type Node,
  type Shape,
  standardise,
} from '../../../src/engine/index.ts';
import type { Conv2dShapes } from '../exactReferences.ts';
import * as normalisation from '../normalisationReferences.ts';
import { FLOATS, type Operation } from '../operation.ts';
import * as references from '../operationReferences.ts';
import { zeros } from './zeros.ts';

const DEPTH = 40;
const matrices = [17, DEPTH, 15] as const;
const BATCH = 3;
const images = { x: [1, 4, 5, 4], weight: [4, 3, 3, 8], y: [1, 8, 5, 4], stride: 1, padding: 1 } as const;
const groupedImages = {
  ...({ x: [1, 6, 7, 5], weight: [3, 3, 2, 8], y: [1, 8, 5, 2] } as const),
  ...({ groups: 2, stride: [1, 2], dilation: [2, 1], padding: [1, 0] } as const),
};
const depthwiseImages = {
  ...({ x: [2, 4, 5, 6], weight: [1, 3, 3, 4], y: [2, 4, 3, 3] } as const),
  ...({ groups: 4, stride: 2, padding: 1 } as const),
};
const channels: Shape = [3, 4, 4, 5];
const rows: Shape = [12, 20];
const channelsOfRows: Shape = [1, rows[0], 1, rows[1]];
const ONES = new Float64Array(rows[0]).fill(1);
const ZEROS = new Float64Array(rows[0]);
/** A number of every format, so that no rounding of its counts. */
const EPSILON = 2 ** -17;

/** The statistics of x, and parameters in their format, which is f32 for the small formats. */
function normalised(x: Node, gamma: Node, beta: Node) {
  const statistics = batchNormStatistics(x, { epsilon: EPSILON });
  const [scales, shifts] = [gamma, beta].map((each) => cast(each, statistics.dtype));
  return { y: batchNorm(x, statistics, scales, shifts), scales, statistics };
}

/** Rows of a convolution and both its gradients. @param op the name that those of their definitions begin with */
function convolutionRows(op: string, shapes: Conv2dShapes): Record<'forward' | 'byInput' | 'byWeight', Operation> {
  const { x: xShape, weight: weightShape, y: yShape, ...options } = shapes;
  return {
    forward: {
      of: [op],
      formats: FLOATS,
      operands: [xShape, weightShape],
      build: ([x, weight]) => conv2d(x, weight, options),
      reference: ([x, weight]) =>
        references.conv2d(shapes, 'y', { place: 'x', data: x }, { place: 'weight', data: weight }),
    },
    byInput: {
      of: [`${op}GradientInput`],
      formats: FLOATS,
      operands: [yShape, weightShape],
      build: ([gradient, weight]) => {
        const x = zeros(xShape, weight);
        return gradients(conv2d(x, weight, options), [x], gradient)[0];
      },
      reference: ([gradient, weight]) =>
        references.conv2d(shapes, 'x', { place: 'y', data: gradient }, { place: 'weight', data: weight }),
    },
    byWeight: {
      of: [`${op}GradientWeight`],
      formats: FLOATS,
      operands: [yShape, xShape],
      build: ([gradient, x]) => {
        const weight = zeros(weightShape, x);
        return gradients(conv2d(x, weight, options), [weight], gradient)[0];
      },
      reference: ([gradient, x]) =>
        references.conv2d(shapes, 'weight', { place: 'y', data: gradient }, { place: 'x', data: x }),
    },
  };
}

const squares = convolutionRows('conv2d', images);
const inGroups = convolutionRows('groupedConv2d', groupedImages);
const depthwise = convolutionRows('groupedConv2d', depthwiseImages);

/** Products, convolutions and batch normalisation, with their gradients. */
export const products = {
  matmul: {
    formats: FLOATS,
    operands: [
      [matrices[0], DEPTH],
      [DEPTH, matrices[2]],
    ],
    build: ([a, b]) => matmul(a, b),
    reference: ([a, b]) => references.matmul(a, b, matrices),
  },
  batchMatmul: {
    of: ['matmul'],
    formats: FLOATS,
    operands: [
      [BATCH, matrices[0], DEPTH],
      [BATCH, DEPTH, matrices[2]],
    ],
    build: ([a, b]) => matmul(a, b),
    reference: ([a, b]) =>
      Array.from({ length: BATCH }, (_, i) => {
        const [rows, depth, columns] = matrices;
        const cut = (x: Float64Array, size: number) => x.subarray(i * size, (i + 1) * size);
        return references.matmul(cut(a, rows * depth), cut(b, depth * columns), matrices);
      }).flat(),
  },
  conv2d: squares.forward,
  conv2dGradientInput: squares.byInput,
  conv2dGradientWeight: squares.byWeight,
  groupedConv2d: inGroups.forward,
  groupedConv2dGradientInput: inGroups.byInput,
  groupedConv2dGradientWeight: inGroups.byWeight,
  depthwiseConv2d: depthwise.forward,
  depthwiseConv2dGradientInput: depthwise.byInput,
  depthwiseConv2dGradientWeight: depthwise.byWeight,
  batchNormStatistics: {
    formats: FLOATS,
    operands: [channels],
    build: ([x]) => batchNormStatistics(x, { epsilon: EPSILON }),
    reference: ([x]) => normalisation.batchNormStatistics(x, channels, EPSILON),
  },
  batchNorm: {
    formats: FLOATS,
    operands: [channels, [channels[1]], [channels[1]]],
    build: ([x, gamma, beta]) => normalised(x, gamma, beta).y,
    reference: ([x, gamma, beta]) => normalisation.batchNorm(x, channels, gamma, beta, EPSILON),
  },
  batchNormGradientSums: {
    formats: FLOATS,
    operands: [channels, [channels[1]], [channels[1]], channels],
    build: ([x, gamma, beta, gradient]) => {
      const { y, scales } = normalised(x, gamma, beta);
      return gradients(y, [scales], gradient)[0];
    },
    reference: ([x, , , gradient]) => normalisation.batchNormGammaGradient(x, channels, gradient, EPSILON),
    // A mean of subnormals is off by half of the smallest number, as much as they are, and their sum is divided by a small deviation.
    subnormals: false,
  },
  batchNormInputGradient: {
    formats: FLOATS,
    operands: [channels, [channels[1]], [channels[1]], channels],
    build: ([x, gamma, beta, gradient]) => gradients(normalised(x, gamma, beta).y, [x], gradient)[0],
    reference: ([x, gamma, , gradient]) => normalisation.batchNormInputGradient(x, channels, gamma, gradient, EPSILON),
  },
  standardise: {
    formats: FLOATS,
    operands: [rows],
    build: ([x]) => standardise(x, EPSILON),
    // A row is a channel of a single image, without parameters.
    reference: ([x]) => normalisation.batchNorm(x, channelsOfRows, ONES, ZEROS, EPSILON),
    // A mean of subnormals is off by half of the smallest number, as much as they are, and divided by a small deviation.
    subnormals: false,
  },
  standardiseGradient: {
    formats: FLOATS,
    operands: [rows, rows],
    build: ([x, gradient]) => gradients(standardise(x, EPSILON), [x], gradient)[0],
    reference: ([x, gradient]) => normalisation.batchNormInputGradient(x, channelsOfRows, ONES, gradient, EPSILON),
    // A mean of subnormals is off by half of the smallest number, as much as they are.
    subnormals: false,
  },
} satisfies Record<string, Operation>;
