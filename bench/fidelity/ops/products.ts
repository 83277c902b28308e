import {
  batchNorm,
  batchNormStatistics,
  cast,
  conv2d,
  gradients,
  matmul,
  type Node,
  type Shape,
} from '../../../src/engine/index.ts';
import * as normalisation from '../normalisationReferences.ts';
import { FLOATS, type Operation } from '../operation.ts';
import * as references from '../operationReferences.ts';
import { zeros } from './zeros.ts';

const DEPTH = 40;
const matrices = [17, DEPTH, 15] as const;
const images = { x: [1, 4, 5, 4], weight: [4, 3, 3, 8], y: [1, 8, 5, 4], stride: 1, padding: 1 } as const;
const channels: Shape = [3, 4, 4, 5];
/** A number of every format, so that no rounding of its counts. */
const EPSILON = 2 ** -17;

/** The statistics of x, and parameters in their format, which is f32 for the small formats. */
function normalised(x: Node, gamma: Node, beta: Node) {
  const statistics = batchNormStatistics(x, { epsilon: EPSILON });
  const [scales, shifts] = [gamma, beta].map((each) => cast(each, statistics.dtype));
  return { y: batchNorm(x, statistics, scales, shifts), scales, statistics };
}

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
  conv2d: {
    formats: FLOATS,
    operands: [images.x, images.weight],
    build: ([x, weight]) => conv2d(x, weight, images),
    reference: ([x, weight]) =>
      references.conv2d(images, 'y', { place: 'x', data: x }, { place: 'weight', data: weight }),
  },
  conv2dGradientInput: {
    formats: FLOATS,
    operands: [images.y, images.weight],
    build: ([gradient, weight]) => {
      const x = zeros(images.x, weight);
      return gradients(conv2d(x, weight, images), [x], gradient)[0];
    },
    reference: ([gradient, weight]) =>
      references.conv2d(images, 'x', { place: 'y', data: gradient }, { place: 'weight', data: weight }),
  },
  conv2dGradientWeight: {
    formats: FLOATS,
    operands: [images.y, images.x],
    build: ([gradient, x]) => {
      const weight = zeros(images.weight, x);
      return gradients(conv2d(x, weight, images), [weight], gradient)[0];
    },
    reference: ([gradient, x]) =>
      references.conv2d(images, 'weight', { place: 'y', data: gradient }, { place: 'x', data: x }),
  },
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
} satisfies Record<string, Operation>;
