/** borch.ts on WebGPU: PyTorch's interface in JavaScript, carried by the Python package pyborch. Usage: node borch.mjs FOLDER WORKLOAD */
import './webgpu.mjs';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  EPSILON,
  elements,
  fill,
  images,
  initialValues,
  LEARNING_RATE,
  labels,
  layersOf,
  MOMENTUM,
  networkOf,
  RUNNING_MOMENTUM,
} from './network.mjs';
import { folder, workload } from './package.mjs';
import { serve } from './serve.mjs';

const { init, nn, noGrad, optim, scope, Tensor } = await import(
  pathToFileURL(resolve(folder, 'borch_webgpu/_borch.js')).href
);
await init();

const noise = (stream, shape) => Tensor.from(fill(stream, elements(shape)), shape);

/** @returns a function that computes once and returns the result */
function kernel() {
  const shape = [16, 64, 32, 32];
  if (workload === 'W1') {
    const [a, b] = [1, 2].map((stream) => noise(stream, [1024, 1024]));
    return () => a.matmul(b);
  }
  const x = noise(1, shape);
  if (workload === 'W3') {
    const normalise = new nn.BatchNorm2d(64, EPSILON, RUNNING_MOMENTUM);
    return () => noGrad(() => normalise.forwardRelu(x));
  }
  const weight = noise(2, [64, 64, 3, 3]);
  if (workload === 'W2f') return () => x.conv2d(weight, null, 1, 1);
  const slope = noise(3, shape);
  for (const tensor of [x, weight]) tensor.requiresGrad = true;
  return () => {
    for (const tensor of [x, weight]) tensor.grad = null;
    x.conv2d(weight, null, 1, 1).backward(slope);
    return weight.grad;
  };
}

/** @returns a function that computes a training step or an inference of ResNet-18 once */
function network() {
  const described = networkOf(workload);
  const { parameters, convolutions, stem, blocks, linear } = layersOf(described);
  const weights = parameters.map((each, i) =>
    Tensor.from(initialValues(each, i), each.shape, { requiresGrad: each.kind !== 'gamma' && each.kind !== 'beta' }),
  );
  const norms = convolutions.map(({ to }) => new nn.BatchNorm2d(to, EPSILON, RUNNING_MOMENTUM));
  const training = workload.startsWith('W4');
  for (const norm of norms) if (!training) norm.eval();
  const convolve = (x, { parameter, stride, padding }) => x.conv2d(weights[parameter], null, stride, padding);
  // Its own way of doing both at once knows of no ReLU outside of training.
  const normaliseAndRelu = (norm, x) => (training ? norm.forwardRelu(x) : norm.forward(x).relu());
  const forward = (x) => {
    let h = normaliseAndRelu(norms[stem.index], convolve(x, stem));
    for (const { first, second, projection } of blocks) {
      const inner = normaliseAndRelu(norms[first.index], convolve(h, first));
      const long = norms[second.index].forward(convolve(inner, second));
      const short = projection === null ? h : norms[projection.index].forward(convolve(h, projection));
      h = long.add(short).relu();
    }
    return h
      .mean(3)
      .mean(2)
      .matmul(weights[linear].transpose(0, 1))
      .add(weights[linear + 1]);
  };
  const { batch, channels, side } = described;
  const x = Tensor.from(images(described), [batch, channels, side, side]);
  if (!training) return () => noGrad(() => forward(x));
  const target = Tensor.from(Float32Array.from(labels(described)), [batch], { dtype: 'int64' });
  const learned = [
    ...weights.filter(({ requiresGrad }) => requiresGrad),
    ...norms.flatMap((norm) => norm.parameters()),
  ];
  const optimiser = new optim.SGD(learned, LEARNING_RATE, MOMENTUM);
  return () => {
    optimiser.zeroGrad();
    const loss = forward(x).crossEntropy(target);
    loss.backward();
    optimiser.step();
    return loss;
  };
}

const version = readdirSync(folder)
  .map((name) => /^pyborch-(.*)\.dist-info$/.exec(name)?.[1])
  .find(Boolean);
const compute = /^W[123]/.test(workload) ? kernel() : network();
await serve(version, async (times) => {
  let value = Number.NaN;
  for (let i = 0; i < times; i++)
    await scope(async () => {
      const result = compute();
      // What was asked for first is done when the last is read.
      if (i === times - 1) [value] = await result.toArray();
    });
  return value;
});
process.exit();
