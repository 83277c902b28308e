/** TensorFlow.js on WebGPU. Usage: node tfjs.mjs FOLDER WORKLOAD */
import './webgpu.mjs';
import {
  CLASSES,
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
import { load, versionOf, workload } from './package.mjs';
import { serve } from './serve.mjs';

const tf = load('@tensorflow/tfjs');
load('@tensorflow/tfjs-backend-webgpu');

/** TensorFlow's layouts: images [N, H, W, C], weights [H, W, in, out]; all data are given as PyTorch's. */
const imagesOf = (data, [batch, channels, side]) =>
  tf.tidy(() => tf.transpose(tf.tensor(data, [batch, channels, side, side]), [0, 2, 3, 1]));
const weightOf = (data, shape) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [2, 3, 1, 0]));
const noise = (stream, shape) => fill(stream, elements(shape));

function batchNorm(x, gamma, beta) {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return { y: tf.batchNorm(x, mean, variance, beta, gamma, EPSILON), mean, variance };
}

/** @returns a function that computes once and returns the result */
function kernel() {
  const image = [16, 64, 32];
  const shape = [16, 64, 32, 32];
  if (workload === 'W1') {
    const a = tf.tensor(noise(1, [1024, 1024]), [1024, 1024]);
    const b = tf.tensor(noise(2, [1024, 1024]), [1024, 1024]);
    return () => tf.matMul(a, b);
  }
  const x = imagesOf(noise(1, shape), image);
  if (workload === 'W3') {
    const gamma = tf.ones([64]);
    const beta = tf.zeros([64]);
    return () => tf.tidy(() => tf.relu(batchNorm(x, gamma, beta).y));
  }
  const weight = weightOf(noise(2, [64, 64, 3, 3]), [64, 64, 3, 3]);
  if (workload === 'W2f') return () => tf.conv2d(x, weight, 1, 'same');
  const slope = imagesOf(noise(3, shape), image);
  // Its gradient runs the forward pass as well.
  const backward = tf.grads((x, weight) => tf.conv2d(x, weight, 1, 'same'));
  return () => {
    const [byInput, byWeight] = backward([x, weight], slope);
    byInput.dispose();
    return byWeight;
  };
}

/** @returns a function that computes a training step or an inference of ResNet-18 once */
function network() {
  const described = networkOf(workload);
  const { parameters, convolutions, stem, blocks, linear } = layersOf(described);
  const valuesOf = (parameter, i) => {
    const data = initialValues(parameter, i);
    if (parameter.kind === 'convolution') return weightOf(data, parameter.shape);
    if (parameter.kind === 'linear') return tf.tidy(() => tf.transpose(tf.tensor(data, parameter.shape)));
    return tf.tensor(data, parameter.shape);
  };
  const p = parameters.map((parameter, i) => tf.variable(valuesOf(parameter, i), true, `parameter ${i}`));
  const running = convolutions.map(({ to, index }) => ({
    mean: tf.variable(tf.zeros([to]), false, `mean ${index}`),
    variance: tf.variable(tf.ones([to]), false, `variance ${index}`),
  }));
  const average = (old, batch, factor) =>
    old.assign(tf.add(tf.mul(old, 1 - RUNNING_MOMENTUM), tf.mul(batch, RUNNING_MOMENTUM * factor)));
  const convolveAndNormalise = (h, { parameter, index, to, stride, padding }, training) => {
    const [weight, gamma, beta] = p.slice(parameter, parameter + 3);
    const x = tf.conv2d(h, weight, stride, padding);
    const { mean, variance } = running[index];
    if (!training) return tf.batchNorm(x, mean, variance, beta, gamma, EPSILON);
    const normalised = batchNorm(x, gamma, beta);
    const count = x.size / to;
    average(mean, normalised.mean, 1);
    average(variance, normalised.variance, count / (count - 1));
    return normalised.y;
  };
  const forward = (x, training) => {
    let h = tf.relu(convolveAndNormalise(x, stem, training));
    for (const { first, second, projection } of blocks) {
      const long = convolveAndNormalise(tf.relu(convolveAndNormalise(h, first, training)), second, training);
      h = tf.relu(tf.add(long, projection === null ? h : convolveAndNormalise(h, projection, training)));
    }
    return tf.add(tf.matMul(tf.mean(h, [1, 2]), p[linear]), p[linear + 1]);
  };
  const { batch, channels, side } = described;
  const x = imagesOf(images(described), [batch, channels, side]);
  if (workload.startsWith('W5')) return () => tf.tidy(() => forward(x, false));
  const target = tf.cast(tf.oneHot(tf.tensor1d(labels(described), 'int32'), CLASSES), 'float32');
  const optimiser = tf.train.momentum(LEARNING_RATE, MOMENTUM);
  return () => optimiser.minimize(() => tf.losses.softmaxCrossEntropy(target, forward(x, true)), true);
}

await tf.setBackend('webgpu');
await tf.ready();
const compute = /^W[123]/.test(workload) ? kernel() : network();
await serve(versionOf('@tensorflow/tfjs'), async (times) => {
  let result = compute();
  for (let i = 1; i < times; i++) {
    result.dispose();
    result = compute();
  }
  const first = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), [0], [1]));
  const [value] = await first.data();
  tf.dispose([first, result]);
  return value;
});
process.exit();
