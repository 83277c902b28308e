import { compile, type Device, spec, type Tensor } from '../src/engine/index.ts';
import { release, upload, WEIGHTS } from '../src/models/index.ts';
import { modelOf, networkWorkload, sharedWeights } from './networks.ts';
import { images, type Network } from './peers/network.mjs';
import { firstNumber, type Prepared, type Workload } from './workload.ts';

/** Logits of a batch. */
export const inferenceWorkloads: readonly Workload[] = ['W5m', 'W5'].map((name) =>
  networkWorkload(name, 'inference', prepareInference),
);

async function prepareInference(device: Device, network: Network): Promise<Prepared> {
  const model = modelOf(network);
  const { batch, channels, side } = network;
  const shape = [batch, channels, side, side];
  const executable = await compile(
    ({ parameters, state, x }) => ({ logits: model.forward(parameters, state, x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec(shape) },
    { device, name: 'inference', constants: WEIGHTS },
  );
  const weights = upload(device, model, sharedWeights(network, model));
  const x = device.tensor(images(network), shape);
  let logits: Tensor | undefined;
  return {
    amount: batch,
    flops: executable.plan.flops,
    run: () => {
      ({ logits } = executable.run({ ...weights, x }));
    },
    read: () => firstNumber(logits),
    free: () => {
      executable.free();
      release(weights);
      device.release(x.buffer);
    },
  };
}
