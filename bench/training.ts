import { compile } from '../src/engine/compile.ts';
import type { Device, Tensor } from '../src/engine/device.ts';
import { spec } from '../src/engine/graph.ts';
import { mapValues } from '../src/models/model.ts';
import { trainingStep } from '../src/models/trainingStep.ts';
import { release, upload } from '../src/models/weights.ts';
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
      parameters: model.parameters,
      velocity: model.parameters,
      state: model.state,
      x: spec(shape),
      labels: spec([batch], 'i32'),
      learningRate: spec([]),
    },
    { device, name: 'training step', donate: { parameters: 'parameters', velocity: 'velocity', state: 'state' } },
  );
  const weights = upload(device, model, sharedWeights(network, model));
  const velocity = mapValues(model.parameters, (type) => device.zeros(type));
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
      ({ loss } = executable.run({ ...weights, velocity, ...data }));
    },
    read: () => firstNumber(loss),
    free: () => {
      executable.free();
      release(weights);
      for (const { buffer } of [...Object.values(velocity), ...Object.values(data)]) device.release(buffer);
    },
  };
}
