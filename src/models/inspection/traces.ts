import { type MapTree, type Node, spec, type TensorType } from '../../engine/index.ts';
import type { ImageShape } from '../evaluation/evaluate.ts';
import type { Model } from '../network/model.ts';
import { type StepOptions, TRAINING_STATE_DONATED, trainingStep, trainingStepSpecs } from '../training/step.ts';

/** A batch of images that a network is looked at with. */
export interface InspectedBatch {
  /** Channels, height, width. */
  readonly image: ImageShape;
  /** Images of it. */
  readonly batch: number;
}

/** SGD with momentum: what a step of training is looked at with, where nobody says another. */
const MOMENTUM = { momentum: 0.9 } as const;

/** An inference as a function to trace, with the types of its inputs. */
export function tracedInference(model: Model, { image, batch }: InspectedBatch) {
  const specs = { parameters: model.parameters, state: model.state, x: spec([batch, ...image]) };
  const trace = ({ parameters, state, x }: MapTree<typeof specs, TensorType, Node>) => ({
    logits: model.forward(parameters, state, x, { training: false }).logits,
  });
  return { specs, trace, name: `inference of ${model.name}` };
}

/** A step of training as a function to trace, with the types of its inputs and those that it overwrites. */
export function tracedTrainingStep(model: Model, { image, batch }: InspectedBatch, given: StepOptions) {
  const options: StepOptions = given.optimiser === undefined ? { ...MOMENTUM, ...given } : given;
  const specs = trainingStepSpecs(model, options, [batch, ...image]);
  const trace = (inputs: MapTree<typeof specs, TensorType, Node>) => {
    const { gradients: _, ...updated } = trainingStep(model, inputs, options);
    return updated;
  };
  return { specs, trace, options, name: `training step of ${model.name}`, donate: TRAINING_STATE_DONATED };
}
