/** The operations that are compared with other systems one by one: matrix product, convolution, batch norm. */
import {
  batchNorm,
  batchNormStatistics,
  conv2d,
  type Device,
  elements,
  gradients,
  matmul,
  spec,
} from '../src/engine/index.ts';
import { fromPyTorch, type TensorSpec } from '../src/models/index.ts';
import { fill } from './peers/network.mjs';
import { prepare, type Workload } from './workload.ts';

const SIDE = 1024;
const IMAGES = [16, 64, 32, 32];
const WEIGHT: TensorSpec = {
  shape: [64, 3, 3, 64],
  dtype: 'f32',
  layout: 'conv',
  initial: { kind: 'constant', value: 0 },
};
const CONVOLUTION_FLOPS = 2 * elements(IMAGES) * 64 * 9;
const FLOAT_BYTES = 4;

/** Noise of one stream, the same numbers in every system. */
const noise = (device: Device, stream: number, shape: readonly number[]) =>
  device.tensor(fill(stream, elements(shape)), shape);

const weights = (device: Device) => device.tensor(fromPyTorch(WEIGHT, fill(2, elements(WEIGHT.shape))), WEIGHT.shape);

export const primitiveWorkloads: readonly Workload[] = [
  {
    name: 'W1',
    description: `matrix product ${SIDE}x${SIDE}x${SIDE}`,
    metric: 'GFLOP/s',
    prepare: (device) =>
      prepare(
        device,
        ({ a, b }) => ({ result: matmul(a, b) }),
        { a: spec([SIDE, SIDE]), b: spec([SIDE, SIDE]) },
        { a: noise(device, 1, [SIDE, SIDE]), b: noise(device, 2, [SIDE, SIDE]) },
        2 * SIDE ** 3,
      ),
  },
  {
    name: 'W2f',
    description: 'convolution 3x3, 64->64 channels, 32x32, batch 16, forward',
    metric: 'GFLOP/s',
    prepare: (device) =>
      prepare(
        device,
        ({ x, weight }) => ({ result: conv2d(x, weight, { padding: 1 }) }),
        { x: spec(IMAGES), weight: spec(WEIGHT.shape) },
        { x: noise(device, 1, IMAGES), weight: weights(device) },
        CONVOLUTION_FLOPS,
      ),
  },
  {
    name: 'W2fb',
    description: 'the same, forward and both gradients',
    metric: 'GFLOP/s',
    prepare: (device) =>
      prepare(
        device,
        ({ x, weight, slope }) => {
          const y = conv2d(x, weight, { padding: 1 });
          const [byInput, byWeight] = gradients(y, [x, weight], slope);
          return { result: byWeight, byInput, y };
        },
        { x: spec(IMAGES), weight: spec(WEIGHT.shape), slope: spec(IMAGES) },
        { x: noise(device, 1, IMAGES), weight: weights(device), slope: noise(device, 3, IMAGES) },
        3 * CONVOLUTION_FLOPS,
      ),
  },
  {
    name: 'W3',
    description: 'batch norm (training) + ReLU, 16x64x32x32, one read and one write counted',
    metric: 'GB/s',
    prepare: (device) =>
      prepare(
        device,
        ({ x, gamma, beta }) => ({ result: batchNorm(x, batchNormStatistics(x), gamma, beta, { relu: true }) }),
        { x: spec(IMAGES), gamma: spec([64]), beta: spec([64]) },
        {
          x: noise(device, 1, IMAGES),
          gamma: device.tensor(new Float32Array(64).fill(1), [64]),
          beta: device.zeros(spec([64])),
        },
        2 * FLOAT_BYTES * elements(IMAGES),
      ),
  },
];
