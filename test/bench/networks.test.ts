import { expect, it } from 'vitest';
import { referenceNetwork as network, reference } from '../../bench/fidelity/referenceNetwork.ts';
import { inferenceWorkloads } from '../../bench/inference.ts';
import { benchNetworks, modelOf, sharedWeights } from '../../bench/networks.ts';
import { images } from '../../bench/peers/network.mjs';
import { spec } from '../../src/engine/graph/graph.ts';
import { compile } from '../../src/engine/run/compile.ts';
import { upload } from '../../src/models/network/weights.ts';
import { useDevice } from '../support/checkOp.ts';

const device = useDevice();

it('the shared network is the one that PyTorch computed in float64', async () => {
  const { logits: expected } = reference;
  // The fixture's batch is 8; in evaluation mode the first image's logits depend on it alone.
  const model = modelOf(network);
  const shape = [8, 1, 28, 28];
  const { parameters, state } = upload(device(), model, sharedWeights(network, model));
  const inference = await compile(
    (inputs) => ({ logits: model.forward(inputs.parameters, inputs.state, inputs.x, { training: false }).logits }),
    { parameters: model.parameters, state: model.state, x: spec(shape) },
    { device: device() },
  );
  const logits = await inference.run({ parameters, state, x: images(network) }).logits.read();
  // float32 against float64: sums of up to 1152 products, eighteen layers deep.
  expected.forEach((value: number, i: number) => {
    expect(Math.abs(logits[i] - value)).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
  });
  inference.free();
});

it('a network gives its speed, its first run and its encoding', async () => {
  const { rows } = await benchNetworks(
    device(),
    [inferenceWorkloads[0]],
    { rounds: 2, slice: 1 },
    { gflops: 100, gbs: 10 },
  );
  expect(rows.map(({ workload, metric, runs, roofline }) => [workload, metric, runs, roofline === null])).toEqual([
    ['W5m', 'images/s', 2, false],
    ['W5m first run', 'ms', 1, true],
    ['W5m encoding', 'ms', 2, true],
  ]);
});
