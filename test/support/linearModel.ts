import { elements } from '../../src/engine/graph/shape.ts';
import { reshape } from '../../src/engine/ops/shape/shape.ts';
import type { ImageShape } from '../../src/models/evaluation/evaluate.ts';
import { fullyConnected } from '../../src/models/network/layers.ts';
import type { HostWeights, Model } from '../../src/models/network/model.ts';
import { policyOf, storingOf } from '../../src/models/network/precision.ts';

/** Softmax regression: whatever is trained on it or done to it has a closed form. */
export function linearModel(shape: ImageShape, classes: number): Model {
  const pixels = elements(shape);
  const layer = fullyConnected('fc', pixels, classes);
  return {
    name: 'linear',
    parameters: layer.parameters,
    state: {},
    forward: (parameters, state, x, { training }) => {
      const { output } = layer.forward(reshape(x, [x.shape[0], pixels]), {
        parameters,
        state,
        training,
        storing: storingOf(policyOf({})),
      });
      return { logits: output, observed: {} };
    },
  };
}

/** Its weights: [classes, pixels] and [classes]. */
export const linearWeights = (weight: ArrayLike<number>, bias: ArrayLike<number>): HostWeights => ({
  parameters: { 'fc.weight': Float32Array.from(weight), 'fc.bias': Float32Array.from(bias) },
  state: {},
});
