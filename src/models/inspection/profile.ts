import { compile, type Device, elements, type Profile, profile, type Roofline, spec } from '../../engine/index.ts';
import { type ForwardOptions, type Model, mapValues } from '../network/model.ts';
import { policyOf } from '../network/precision.ts';
import { initialWeights, upload } from '../network/weights.ts';
import {
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../training/step.ts';

export interface ProfiledStep extends Pick<ForwardOptions, 'recompute'> {
  readonly batch: number;
  /** Channels, height, width. */
  readonly image: readonly [number, number, number];
  readonly step: 'train' | 'infer';
}

/** Profiles a training step (SGD with momentum) or an inference of a model, on images of noise. */
export async function profileModel(
  device: Device,
  model: Model,
  { batch, image, step, recompute }: ProfiledStep,
  roofline: Roofline,
): Promise<Profile> {
  const shape = [batch, ...image];
  const noise = Float32Array.from({ length: elements(shape) }, (_, i) => ((7919 * i) % 256) / 255);
  const x = device.tensor(noise, shape);
  if (step === 'infer') {
    const inference = await compile(
      (inputs) => ({ logits: model.forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
      { parameters: model.parameters, state: model.state, x: spec(shape) },
      { device, name: `inference of ${model.name}` },
    );
    return profile(device, inference, { ...upload(device, model, initialWeights(model, 0)), x }, roofline);
  }
  const options = { momentum: 0.9, recompute };
  const training = await compile(
    (inputs) => {
      const { gradients: _, ...updated } = trainingStep(model, inputs, options);
      return updated;
    },
    trainingStepSpecs(model, options, shape),
    { device, name: `training step of ${model.name}`, donate: TRAINING_STATE_DONATED },
  );
  const feeds = {
    ...uploadTrainingState(device, model, initialWeights(model, 0), options),
    x,
    labels: device.tensor(
      Int32Array.from({ length: batch }, (_, i) => i % 10),
      [batch],
    ),
    rates: mapValues(stepRates(model, options, 0.01, 0), (value) => device.tensor(value, [], policyOf(model).computed)),
  };
  return profile(device, training, feeds, roofline);
}
