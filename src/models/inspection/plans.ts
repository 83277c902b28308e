import { type Capabilities, type Plan, planFunction, spec } from '../../engine/index.ts';
import type { ImageShape } from '../evaluation/evaluate.ts';
import type { ForwardOptions, Model } from '../network/model.ts';
import { TRAINING_STATE_DONATED, trainingStep, trainingStepSpecs } from '../training/step.ts';

export interface PlannedPass extends Pick<ForwardOptions, 'recompute'> {
  readonly image: ImageShape;
  readonly batch: number;
}

/**
 * What an inference would run, found without a device.
 * @throws ShapeError when the images do not fit the model; GpuOutOfMemoryError or GpuLimitError when a buffer or a kernel is too large
 */
export function planInference(model: Model, { image, batch }: PlannedPass, capabilities: Capabilities): Plan {
  return planFunction(
    (inputs) => ({ logits: model.forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec([batch, ...image]) },
    { capabilities, name: `inference of ${model.name}` },
  );
}

/** What a step of training (SGD with momentum) would run. @throws as `planInference` does */
export function planTraining(model: Model, { image, batch, recompute }: PlannedPass, capabilities: Capabilities): Plan {
  const options = { momentum: 0.9, recompute };
  return planFunction(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, [batch, ...image]),
    { capabilities, name: `training step of ${model.name}`, donate: TRAINING_STATE_DONATED },
  );
}

/** Both. @throws as `planInference` does */
export function planPasses(
  model: Model,
  pass: PlannedPass,
  capabilities: Capabilities,
): { inference: Plan; training: Plan } {
  return {
    inference: planInference(model, pass, capabilities),
    training: planTraining(model, pass, capabilities),
  };
}

/** Device memory of a plan in bytes, its inputs counted. */
export function plannedBytes({ inputs, buffers, peakBytes }: Plan): number {
  return [...inputs.values()].reduce((sum, index) => sum + buffers[index].bytes, peakBytes);
}
