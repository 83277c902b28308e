import { maxPool2d } from '../../src/engine/ops/pool/pool.ts';
import {
  averagePool,
  batchNormalisation,
  convolution,
  fullyConnected,
  type Layer,
  rectifier,
  sequential,
} from '../../src/models/network/layers.ts';
import type { Model } from '../../src/models/network/model.ts';
import { policyOf, storingOf } from '../../src/models/network/precision.ts';

const halving: Layer = {
  parameters: {},
  state: {},
  forward: (x) => ({ output: maxPool2d(x, { kernel: 2, stride: 2, padding: 0 }), observed: {} }),
};

/** A small network for grey images: three convolutions with batch norm, two of them pooled, then the mean over the plane. */
export function convolutionalModel(classes: number): Model {
  const stage = (index: number, from: number, to: number): Layer[] => [
    convolution(`conv${index}`, from, to, { kernel: 3 }),
    batchNormalisation(`bn${index}`, to),
    rectifier,
  ];
  const network = sequential([
    ...stage(1, 1, 8),
    halving,
    ...stage(2, 8, 16),
    halving,
    ...stage(3, 16, 32),
    averagePool,
    fullyConnected('fc', 32, classes),
  ]);
  return {
    name: 'convolutional',
    parameters: network.parameters,
    state: network.state,
    forward: (parameters, state, x, { training }) => {
      const { output, observed } = network.forward(x, {
        parameters,
        state,
        training,
        storing: storingOf(policyOf({})),
      });
      return { logits: output, observed };
    },
  };
}
