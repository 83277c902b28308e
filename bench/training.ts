import { compile, type Device, type Tensor } from '../src/engine/index.ts';
import {
  mapValues,
  PRECISIONS,
  type Precision,
  policyOf,
  releaseTrainingState,
  stepRates,
  TRAINING_STATE_DONATED,
  trainingStep,
  trainingStepSpecs,
  uploadTrainingState,
} from '../src/models/index.ts';
import { summarise, type Timing } from './measure.ts';
import { modelOf, networkWorkload, sharedWeights } from './networks.ts';
import { images, LEARNING_RATE, labels, MOMENTUM, type Network } from './peers/network.mjs';
import { firstNumber, type Prepared, type Workload } from './workload.ts';

/** Training steps: SGD with momentum, cross-entropy over ten classes. */
export const trainingWorkloads: readonly Workload[] = ['W4m', 'W4'].map((name) =>
  networkWorkload(name, 'training step', prepareTraining),
);

/** One training step in every precision, f32 included, to see what each precision costs. */
export const precisionWorkloads: readonly Workload[] = PRECISIONS.map((precision) => ({
  ...networkWorkload('W4m', `training step in ${precision}`, (device, network) =>
    prepareTraining(device, network, precision),
  ),
  name: `W4m ${precision}`,
}));

/**
 * What a step in each precision costs, as a multiple of a step in f32: the median over the rounds, in each of which all were timed one
 * after the other, so that it matters little how quick the machine was in which round.
 * @param timings of the workloads, in order
 */
export function costsBesideF32(names: readonly string[], timings: readonly Timing[]): string[] {
  const plain = timings[names.indexOf('W4m f32')];
  if (plain === undefined) return [];
  return timings.map(({ milliseconds }, i) => {
    const { median, min, max } = summarise(milliseconds.map((each, round) => each / plain.milliseconds[round]));
    const [typical, least, most] = [median, min, max].map((ratio) => ratio.toFixed(2));
    return `${names[i]}: ${typical} x the time of f32 (${least} to ${most})`;
  });
}

const OPTIONS = { momentum: MOMENTUM };

async function prepareTraining(device: Device, network: Network, precision?: Precision): Promise<Prepared> {
  const model = modelOf(network, precision);
  const { computed } = policyOf(model);
  const { batch, channels, side } = network;
  const shape = [batch, channels, side, side];
  const executable = await compile(
    (inputs) => {
      const { gradients: _, correct: __, ...updated } = trainingStep(model, inputs, OPTIONS);
      return updated;
    },
    trainingStepSpecs(model, OPTIONS, shape),
    { device, name: 'training step', donate: TRAINING_STATE_DONATED },
  );
  const point = uploadTrainingState(device, model, sharedWeights(network, model), OPTIONS);
  const rates = mapValues(stepRates(model, OPTIONS, LEARNING_RATE, 0), (value) => device.tensor(value, [], computed));
  const data = {
    x: device.tensor(images(network), shape),
    labels: device.tensor(labels(network), [batch]),
  };
  let loss: Tensor | undefined;
  return {
    amount: batch,
    flops: executable.plan.flops,
    run: () => {
      ({ loss } = executable.run({ ...point, ...data, rates }));
    },
    read: () => firstNumber(loss),
    free: () => {
      executable.free();
      releaseTrainingState(point);
      for (const { buffer } of [...Object.values(data), ...Object.values(rates)]) device.release(buffer);
    },
  };
}
