import { gradients } from '../engine/gradients.ts';
import type { Node } from '../engine/graph.ts';
import { cast, equal } from '../engine/ops/elementwise.ts';
import { argmax, mean } from '../engine/ops/reduce.ts';
import { softmaxCrossEntropy } from '../engine/ops/softmaxCrossEntropy.ts';
import { sum } from '../engine/ops/sum.ts';
import type { ForwardOptions, Model, Nodes } from './model.ts';
import { type SgdOptions, sgd } from './optimisers.ts';

export interface StepInputs {
  readonly parameters: Nodes;
  readonly velocity: Nodes;
  readonly state: Nodes;
  /** Images [N, C, H, W], pixels in [0, 1]. */
  readonly x: Node;
  /** i32 [N]. */
  readonly labels: Node;
  /** Scalar. */
  readonly learningRate: Node;
}

export interface StepOptions extends SgdOptions, Pick<ForwardOptions, 'recompute'> {}

/**
 * One step of training as a graph: forward pass, mean cross-entropy over the batch, its gradients, SGD and running statistics.
 * @returns what replaces the inputs of the same names; the loss before the step; how many images were classified rightly
 */
export function trainingStep(
  model: Model,
  { parameters, velocity, state, x, labels, learningRate }: StepInputs,
  options: StepOptions,
) {
  const forward = model.forward(parameters, state, x, { training: true, recompute: options.recompute });
  const loss = mean(softmaxCrossEntropy(forward.logits, labels));
  const names = Object.keys(parameters);
  const slopes = gradients(
    loss,
    names.map((name) => parameters[name]),
  );
  const gradientOf = Object.fromEntries(names.map((name, i) => [name, slopes[i]]));
  const updated = sgd({ parameters, gradients: gradientOf, velocity, learningRate }, options);
  return {
    parameters: updated.parameters,
    velocity: updated.velocity,
    state: forward.state,
    gradients: gradientOf,
    loss,
    correct: sum(cast(equal(argmax(forward.logits, 1), labels), 'f32')),
  };
}
