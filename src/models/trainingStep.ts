import type { Device, Tensor } from '../engine/device.ts';
import { gradients } from '../engine/gradients.ts';
import type { Node, TensorType } from '../engine/graph.ts';
import { cast, equal } from '../engine/ops/elementwise.ts';
import { argmax, mean } from '../engine/ops/reduce.ts';
import { softmaxCrossEntropy } from '../engine/ops/softmaxCrossEntropy.ts';
import { sum } from '../engine/ops/sum.ts';
import { runningStatistics } from './layers.ts';
import type { ForwardOptions, HostWeights, Model } from './model.ts';
import { type SgdOptions, sgd } from './optimisers.ts';
import { packedSpecs, packNodes, unpackNodes, uploadPacked, type Vectors } from './packed.ts';

/** What a step changes, in vectors (see `packed.ts`). */
export interface TrainingState<T> {
  readonly parameters: Vectors<T>;
  readonly velocity: Vectors<T>;
  readonly state: Vectors<T>;
}

export interface StepInputs extends TrainingState<Node> {
  /** Images [N, C, H, W], pixels in [0, 1]. */
  readonly x: Node;
  /** i32 [N]. */
  readonly labels: Node;
  /** Scalar. */
  readonly learningRate: Node;
}

/** The types of what a step changes, to compile it with. */
export function trainingStateSpecs({ parameters, state }: Model): TrainingState<TensorType> {
  return { parameters: packedSpecs(parameters), velocity: packedSpecs(parameters), state: packedSpecs(state) };
}

/** For `compile`: a step overwrites what it changes. */
export const TRAINING_STATE_DONATED = { parameters: 'parameters', velocity: 'velocity', state: 'state' } as const;

/** Gives its memory back. */
export function releaseTrainingState({ parameters, velocity, state }: TrainingState<Tensor>): void {
  for (const { device, buffer } of [...parameters, ...velocity, ...state]) device.release(buffer);
}

/** What training starts from, on a device. */
export function uploadTrainingState(device: Device, model: Model, weights: HostWeights): TrainingState<Tensor> {
  const velocity = packedSpecs(model.parameters).map((type) => device.zeros(type));
  return { ...uploadPacked(device, model, weights), velocity };
}

export interface StepOptions extends SgdOptions, Pick<ForwardOptions, 'recompute'> {}

/**
 * One step of training as a graph: forward pass, mean cross-entropy over the batch, its gradients, SGD and running statistics.
 * @returns what replaces the inputs of the same names; the gradients, laid out as the parameters; the loss before the step; how many
 *   images were classified rightly
 */
export function trainingStep(
  model: Model,
  { parameters, velocity, state, x, labels, learningRate }: StepInputs,
  options: StepOptions,
) {
  const named = unpackNodes(model.parameters, parameters);
  const { recompute } = options;
  const forward = model.forward(named, unpackNodes(model.state, state), x, { training: true, recompute });
  const loss = mean(softmaxCrossEntropy(forward.logits, labels));
  const slopes = gradients(loss, Object.values(named));
  const bySlope = Object.fromEntries(Object.keys(named).map((name, i) => [name, slopes[i]]));
  const packed = packNodes(model.parameters, bySlope);
  const updated = parameters.map((vector, i) =>
    sgd({ parameters: vector, gradients: packed[i], velocity: velocity[i], learningRate }, options),
  );
  const observed = packNodes(model.state, forward.observed);
  return {
    parameters: updated.map((each) => each.parameters),
    velocity: updated.map((each) => each.velocity),
    state: state.map((vector, i) => runningStatistics(vector, observed[i])),
    gradients: packed,
    loss,
    correct: sum(cast(equal(argmax(forward.logits, 1), labels), 'f32')),
  };
}
