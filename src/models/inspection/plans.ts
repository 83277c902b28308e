import { type Capabilities, type Plan, planFunction } from '../../engine/index.ts';
import { checkEvaluated, checkTrained } from '../network/layerSizes.ts';
import { type Model, WEIGHTS } from '../network/model.ts';
import type { StepOptions } from '../training/step.ts';
import { type InspectedBatch, tracedInference, tracedTrainingStep } from './traces.ts';

/** A batch, and the training whose step is planned for it: SGD with momentum unless it is said. */
export interface PlannedPass extends InspectedBatch, StepOptions {}

/**
 * What an inference would run, found without a device.
 * @throws ShapeError when the images do not fit the model; InputError when the device does not bind a parameter; GpuOutOfMemoryError or
 *   GpuLimitError when a buffer or a kernel is too large
 */
export function planInference(model: Model, pass: InspectedBatch, capabilities: Capabilities): Plan {
  checkEvaluated(model, capabilities);
  const { specs, trace, name } = tracedInference(model, pass);
  return planFunction(trace, specs, { capabilities, name, constants: WEIGHTS });
}

/** What a step of training would run, found without a device. @throws as `planInference` does */
export function planTraining(model: Model, { image, batch, ...step }: PlannedPass, capabilities: Capabilities): Plan {
  checkTrained(model, capabilities);
  const { specs, trace, name, donate } = tracedTrainingStep(model, { image, batch }, step);
  return planFunction(trace, specs, { capabilities, name, donate });
}

/** What an inference and a step of training would run, found without a device. @throws as `planInference` does */
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
