import { expect, test } from 'vitest';
import { spec } from '../../../src/engine/graph/graph.ts';
import type { Node } from '../../../src/engine/graph/op.ts';
import { elements } from '../../../src/engine/graph/shape.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import {
  batchNormalisation,
  convolution,
  type Layer,
  normalisation,
  residual,
  runningStatistics,
  sequential,
} from '../../../src/models/network/layers.ts';
import { mapValues } from '../../../src/models/network/model.ts';
import { policyOf, storingOf } from '../../../src/models/network/precision.ts';
import { expectClose, useDevice } from '../../support/checkOp.ts';
import { values } from '../../support/values.ts';

const device = useDevice();
const SHAPE = [3, 2, 2, 4];
const AREA = 8;
const x = values(48, 1);

interface Given {
  readonly parameters?: Record<string, Float32Array>;
  readonly state?: Record<string, Float32Array>;
  readonly training?: boolean;
}

async function run(layer: Layer, { parameters = {}, state = {}, training = false }: Given) {
  const executable = await compile(
    (inputs: { x: Node; parameters: Record<string, Node>; state: Record<string, Node> }) =>
      layer.forward(inputs.x, { ...inputs, training, storing: storingOf(policyOf({})) }),
    { x: spec(SHAPE), parameters: layer.parameters, state: layer.state },
    { device: device(), guarded: true },
  );
  const result = executable.run({ x, parameters, state });
  const read = {
    output: await result.output.read(),
    observed: Object.fromEntries(
      await Promise.all(Object.entries(result.observed).map(async ([name, tensor]) => [name, await tensor.read()])),
    ),
  };
  executable.free();
  return read;
}

/** The values of one channel of [3, 2, 2, 4]. */
const channel = (c: number) => Array.from(x).filter((_, i) => Math.floor(i / AREA) % 2 === c);
const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length;
/** Sum of squared differences from the mean. */
const spread = (all: readonly number[]) => all.reduce((sum, value) => sum + (value - mean(all)) ** 2, 0);

const given = {
  parameters: { 'bn.weight': Float32Array.of(0.5, -2), 'bn.bias': Float32Array.of(1, 0.25) },
  state: { 'bn.running_mean': Float32Array.of(0.5, -1), 'bn.running_var': Float32Array.of(4, 0.25) },
};
const closely = { absolute: 1e-6, why: 'a dozen f32 operations on values around 1' };

test('batch norm in training: the batch’s statistics, as nn.BatchNorm2d', async () => {
  const { output, observed } = await run(batchNormalisation('bn', 2), { ...given, training: true });
  const statistics = [0, 1].map((c) => ({ mean: mean(channel(c)), biased: spread(channel(c)) / 24, n: 24 }));
  const expected = Array.from(x, (value, i) => {
    const c = Math.floor(i / AREA) % 2;
    const { mean: centre, biased } = statistics[c];
    const { 'bn.weight': gamma, 'bn.bias': beta } = given.parameters;
    return ((value - centre) / Math.sqrt(biased + 1e-5)) * gamma[c] + beta[c];
  });
  expectClose(output, expected, closely);
  const means = statistics.map((each) => each.mean);
  // PyTorch's running variance takes the unbiased estimate: divided by 23, not 24.
  const variances = statistics.map(({ biased, n }) => (biased * n) / (n - 1));
  expectClose(observed['bn.running_mean'], means, closely);
  expectClose(observed['bn.running_var'], variances, closely);
});

test('running statistics come a tenth closer to what was observed, as with nn.BatchNorm2d’s momentum', async () => {
  const executable = await compile(
    ({ running, observed }) => ({ moved: runningStatistics(running, observed) }),
    { running: spec([2]), observed: spec([2]) },
    { device: device() },
  );
  const { moved } = executable.run({ running: Float32Array.of(0.5, -1), observed: Float32Array.of(4, 0.25) });
  expectClose(await moved.read(), [0.9 * 0.5 + 0.1 * 4, 0.9 * -1 + 0.1 * 0.25], closely);
  executable.free();
});

test('batch norm in evaluation: the running statistics, which stay', async () => {
  const { output, observed } = await run(batchNormalisation('bn', 2), given);
  const expected = Array.from(x, (value, i) =>
    Math.floor(i / AREA) % 2 === 0
      ? ((value - 0.5) / Math.sqrt(4 + 1e-5)) * 0.5 + 1
      : ((value + 1) / Math.sqrt(0.25 + 1e-5)) * -2 + 0.25,
  );
  expectClose(output, expected, { absolute: 3e-6, why: 'a dozen f32 operations on values up to 8' });
  expect(observed).toEqual({});
});

test('normalisation is per channel', async () => {
  const layer = normalisation({ mean: [0.5, 0.25], standardDeviation: [2, 0.5] });
  const { output } = await run(layer, {});
  const expected = x.map((value, i) => (Math.floor(i / AREA) % 2 === 0 ? (value - 0.5) / 2 : (value - 0.25) / 0.5));
  // Halving and doubling are exact, the subtraction is rounded once.
  expect(output).toEqual(expected);
});

test('a residual block adds its input, or the projection of it, to what its batch norm gives, and rectifies', async () => {
  // 1×1 convolutions that exchange the channels, and that double them; weights are [C, 1, 1, O].
  const exchange = convolution('body', 2, 2, { kernel: 1 });
  const double = convolution('side', 2, 2, { kernel: 1 });
  const norm = batchNormalisation('norm', 2, { relu: true });
  // A variance of 1 less epsilon: the body's output is doubled, and moved by 0.25.
  const state = { 'norm.running_mean': new Float32Array(2), 'norm.running_var': new Float32Array(2).fill(1 - 1e-5) };
  const parameters = {
    'body.weight': Float32Array.of(0, 1, 1, 0),
    'norm.weight': Float32Array.of(2, 2),
    'norm.bias': Float32Array.of(0.25, 0.25),
  };
  const other = (i: number) => 2 * x[Math.floor(i / AREA) % 2 === 0 ? i + AREA : i - AREA] + 0.25;
  const plain = await run(residual(exchange, norm, null), { parameters, state });
  expectClose(
    plain.output,
    x.map((value, i) => Math.max(0, value + other(i))),
    closely,
  );
  const projected = await run(residual(exchange, norm, double), {
    parameters: { ...parameters, 'side.weight': Float32Array.of(2, 0, 0, 2) },
    state,
  });
  expectClose(
    projected.output,
    x.map((value, i) => Math.max(0, 2 * value + other(i))),
    closely,
  );
});

test('a sequence has the tensors of its layers, in order, and passes on what all observed', async () => {
  const layer = sequential([
    batchNormalisation('a', 2),
    convolution('b', 2, 2, { kernel: 1 }),
    batchNormalisation('c', 2),
  ]);
  expect(Object.keys(layer.parameters)).toEqual(['a.weight', 'a.bias', 'b.weight', 'c.weight', 'c.bias']);
  const ones = (specs: Layer['parameters']) =>
    mapValues(specs, ({ shape }) => new Float32Array(elements(shape)).fill(1));
  const { observed } = await run(layer, {
    parameters: ones(layer.parameters),
    state: ones(layer.state),
    training: true,
  });
  expect(Object.keys(observed)).toEqual(['a.running_mean', 'a.running_var', 'c.running_mean', 'c.running_var']);
});
