import { compile, type Device, elements, type Profile, profile, type Roofline } from '../../engine/index.ts';
import { type Model, mapValues, WEIGHTS } from '../network/model.ts';
import { policyOf } from '../network/precision.ts';
import { initialWeights, upload } from '../network/weights.ts';
import { stepRates, uploadTrainingState } from '../training/step.ts';
import type { PlannedPass } from './plans.ts';
import { tracedInference, tracedTrainingStep } from './traces.ts';

export interface ProfiledStep extends PlannedPass {
  readonly step: 'train' | 'infer';
}

/** Profiles a step of training (SGD with momentum unless another is said) or an inference of a model, on images of noise. */
export async function profileModel(
  device: Device,
  model: Model,
  { batch, image, step, ...training }: ProfiledStep,
  roofline: Roofline,
): Promise<Profile> {
  const shape = [batch, ...image];
  const noise = Float32Array.from({ length: elements(shape) }, (_, i) => ((7919 * i) % 256) / 255);
  const x = device.tensor(noise, shape);
  const weights = initialWeights(model, 0);
  if (step === 'infer') {
    const { specs, trace, name } = tracedInference(model, { image, batch });
    const inference = await compile(trace, specs, { device, name, constants: WEIGHTS });
    return profile(device, inference, { ...upload(device, model, weights), x }, roofline);
  }
  const { specs, trace, name, donate, options } = tracedTrainingStep(model, { image, batch }, training);
  const compiled = await compile(trace, specs, { device, name, donate });
  const feeds = {
    ...uploadTrainingState(device, model, weights, options),
    x,
    labels: device.tensor(
      Int32Array.from({ length: batch }, (_, i) => i % 10),
      [batch],
    ),
    rates: mapValues(stepRates(model, options, 0.01, 0), (value) => device.tensor(value, [], policyOf(model).computed)),
    ...(model.random && { key: device.tensor(Uint32Array.of(0, 0), [2]) }),
  };
  return profile(device, compiled, feeds, roofline);
}
