import type { Capabilities } from '../engine/capabilities.ts';
import { planFunction } from '../engine/compile.ts';
import { spec } from '../engine/graph.ts';
import type { Plan } from '../engine/plan.ts';
import type { ImageShape } from './evaluate.ts';
import type { ForwardOptions, Model } from './model.ts';
import { TRAINING_STATE_DONATED, trainingStep, trainingStepSpecs } from './trainingStep.ts';

export interface PlannedPass extends Pick<ForwardOptions, 'recompute'> {
  readonly image: ImageShape;
  readonly batch: number;
}

/**
 * What an inference and a step of training (SGD with momentum) would run, found without a device.
 * @throws ShapeError when the images are too small for the model
 */
export function planPasses(
  model: Model,
  { image, batch, recompute }: PlannedPass,
  capabilities: Capabilities,
): { inference: Plan; training: Plan } {
  const x = spec([batch, ...image]);
  const inference = planFunction(
    (inputs) => ({ logits: model.forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x },
    { capabilities, name: `inference of ${model.name}` },
  );
  const options = { momentum: 0.9, recompute };
  const training = planFunction(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, x.shape),
    { capabilities, name: `training step of ${model.name}`, donate: TRAINING_STATE_DONATED },
  );
  return { inference, training };
}
