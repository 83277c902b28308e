import { compile } from '../src/engine/compile.ts';
import type { Device, Tensor } from '../src/engine/device.ts';
import { spec } from '../src/engine/graph.ts';
import {
  releaseTrainingState,
  TRAINING_STATE_DONATED,
  trainingStateSpecs,
  trainingStep,
  uploadTrainingState,
} from '../src/models/trainingStep.ts';
import { modelOf, networkWorkload, sharedWeights } from './networks.ts';
import { images, LEARNING_RATE, labels, MOMENTUM, type Network } from './peers/network.mjs';
import { firstNumber, type Prepared, type Workload } from './workload.ts';

/** Training steps: SGD with momentum, cross-entropy over ten classes. */
export const trainingWorkloads: readonly Workload[] = ['W4m', 'W4'].map((name) =>
  networkWorkload(name, 'training step', prepareTraining),
);

async function prepareTraining(device: Device, network: Network): Promise<Prepared> {
  const model = modelOf(network);
  const { batch, channels, side } = network;
  const shape = [batch, channels, side, side];
  const executable = await compile(
    (inputs) => {
      const { parameters, velocity, state, loss } = trainingStep(model, inputs, { momentum: MOMENTUM, weightDecay: 0 });
      return { parameters, velocity, state, loss };
    },
    {
      ...trainingStateSpecs(model),
      x: spec(shape),
      labels: spec([batch], 'i32'),
      learningRate: spec([]),
    },
    { device, name: 'training step', donate: TRAINING_STATE_DONATED },
  );
  const point = uploadTrainingState(device, model, sharedWeights(network, model));
  const data = {
    x: device.tensor(images(network), shape),
    labels: device.tensor(labels(network), [batch]),
    learningRate: device.tensor(Float32Array.of(LEARNING_RATE), []),
  };
  let loss: Tensor | undefined;
  return {
    amount: batch,
    flops: executable.plan.flops,
    run: () => {
      ({ loss } = executable.run({ ...point, ...data }));
    },
    read: () => firstNumber(loss),
    free: () => {
      executable.free();
      releaseTrainingState(point);
      for (const { buffer } of Object.values(data)) device.release(buffer);
    },
  };
}
