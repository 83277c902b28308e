/** jax-js on WebGPU. Usage: node jaxjs.mjs FOLDER WORKLOAD */
import './webgpu.mjs';
import {
  attackBias,
  CLASSES,
  DDN,
  EPSILON,
  elements,
  fill,
  images,
  initialValues,
  LEARNING_RATE,
  labels,
  layersOf,
  MOMENTUM,
  meanMargin,
  networkOf,
  PGD,
  pixels,
  RUNNING_MOMENTUM,
} from './network.mjs';
import { load, versionOf, workload } from './package.mjs';
import { serve } from './serve.mjs';

const jax = load('@jax-js/jax');
const { numpy: np, lax, nn, jit, vjp, grad, valueAndGrad } = jax;

const array = (data, shape) => np.array(data).reshape(shape);
const noise = (stream, shape) => array(fill(stream, elements(shape)), shape);
const reference = (arrays) => arrays.map((each) => each.ref);
const dispose = (arrays) => {
  for (const each of arrays) each.dispose();
};
const convolve = (x, weight, stride = 1, padding = 1) =>
  lax.convGeneralDilated(
    x,
    weight,
    [stride, stride],
    [
      [padding, padding],
      [padding, padding],
    ],
  );

/** Consumes its arguments. @returns output, batch mean, unbiased batch variance */
function batchNorm(x, gamma, beta) {
  const [images, channels, height, width] = x.shape;
  const count = images * height * width;
  const row = [1, channels, 1, 1];
  const mean = np.mean(x.ref, [0, 2, 3]);
  const centred = x.sub(mean.ref.reshape(row));
  const variance = np.mean(np.square(centred.ref), [0, 2, 3]);
  const inverse = np.reciprocal(np.sqrt(variance.ref.add(EPSILON)));
  const output = centred.mul(inverse.mul(gamma).reshape(row)).add(beta.reshape(row));
  return [output, lax.stopGradient(mean), lax.stopGradient(variance.mul(count / (count - 1)))];
}

/** @returns a function that computes once; the first of the arrays that it returns is the result */
function kernel() {
  const image = [16, 64, 32, 32];
  if (workload === 'W1') {
    const a = noise(1, [1024, 1024]);
    const b = noise(2, [1024, 1024]);
    const f = jit((a, b) => np.matmul(a, b));
    return () => [f(a.ref, b.ref)];
  }
  const x = noise(1, image);
  if (workload === 'W3') {
    const gamma = np.ones([64]);
    const beta = np.zeros([64]);
    const f = jit((x, gamma, beta) => {
      const [y, mean, variance] = batchNorm(x, gamma, beta);
      return [nn.relu(y), mean, variance];
    });
    return () => f(x.ref, gamma.ref, beta.ref);
  }
  const weight = noise(2, [64, 64, 3, 3]);
  if (workload === 'W2f') {
    const f = jit((x, weight) => convolve(x, weight));
    return () => [f(x.ref, weight.ref)];
  }
  const slope = noise(3, image);
  const f = jit((x, weight, slope) => {
    const [y, pull] = vjp((x, weight) => convolve(x, weight), [x, weight]);
    const [byInput, byWeight] = pull(slope);
    pull.dispose();
    return [byWeight, byInput, y];
  });
  return () => f(x.ref, weight.ref, slope.ref);
}

/** @returns a function that computes a training step or an inference of ResNet-18 once */
function network() {
  const described = networkOf(workload);
  const { parameters, convolutions, stem, blocks, linear } = layersOf(described);
  /** Consumes its arguments. @returns logits; in training, logits and the statistics of all batch norms */
  const forward = (p, running, x) => {
    const means = [];
    const variances = [];
    const convolveAndNormalise = (h, { parameter, index, to, stride, padding }) => {
      const [weight, gamma, beta] = reference(p.slice(parameter, parameter + 3));
      const convolved = convolve(h, weight, stride, padding);
      if (running === null) {
        const [y, mean, variance] = batchNorm(convolved, gamma, beta);
        means[index] = mean;
        variances[index] = variance;
        return y;
      }
      const factor = gamma.div(np.sqrt(running.variances[index].ref.add(EPSILON)));
      const shift = beta.sub(running.means[index].ref.mul(factor.ref));
      return convolved.mul(factor.reshape([1, to, 1, 1])).add(shift.reshape([1, to, 1, 1]));
    };
    let h = nn.relu(convolveAndNormalise(x, stem));
    for (const { first, second, projection } of blocks) {
      const long = convolveAndNormalise(nn.relu(convolveAndNormalise(h.ref, first)), second);
      h = nn.relu(long.add(projection === null ? h : convolveAndNormalise(h, projection)));
    }
    const logits = np.matmul(np.mean(h, [2, 3]), p[linear].ref.transpose()).add(p[linear + 1].ref);
    dispose(p);
    if (running === null) return [logits, [means, variances]];
    dispose([...running.means, ...running.variances]);
    return logits;
  };
  const lossOf = (p, x, target) => {
    const [logits, statistics] = forward(p, null, x);
    return [np.mean(np.sum(nn.logSoftmax(logits, -1).mul(target), -1)).mul(-1), statistics];
  };
  const step = jit((p, velocity, means, variances, x, target) => {
    const [[loss, statistics], slopes] = valueAndGrad(lossOf, { hasAux: true })(reference(p), x, target);
    const moved = velocity.map((v, i) => v.mul(MOMENTUM).add(slopes[i]));
    const average = (running, batch) =>
      running.map((old, i) => old.mul(1 - RUNNING_MOMENTUM).add(batch[i].mul(RUNNING_MOMENTUM)));
    return [
      loss,
      p.map((each, i) => each.sub(moved[i].ref.mul(LEARNING_RATE))),
      moved,
      average(means, statistics[0]),
      average(variances, statistics[1]),
    ];
  });
  const { batch, channels, side } = described;
  const x = array(images(described), [batch, channels, side, side]);
  const target = nn.oneHot(np.array(labels(described), { dtype: np.int32 }), CLASSES);
  let p = parameters.map((each, i) => array(initialValues(each, i), each.shape));
  let velocity = parameters.map(({ shape }) => np.zeros(shape));
  let means = convolutions.map(({ to }) => np.zeros([to]));
  let variances = convolutions.map(({ to }) => np.ones([to]));
  if (workload.startsWith('W4'))
    return () => {
      let loss;
      [loss, p, velocity, means, variances] = step(p, velocity, means, variances, x.ref, target.ref);
      return [loss];
    };
  const infer = jit((p, means, variances, x) => forward(p, { means, variances }, x));
  if (workload === 'A1') return gradientDescent;
  if (workload === 'A3') return directionAndNorm;
  return () => [infer(reference(p), reference(means), reference(variances), x.ref)];

  /** The images of an attack, and the network with the bias that it is attacked with; `ahead` as `attackBias` takes it. */
  async function attacked(ahead) {
    const original = array(pixels(described), [batch, channels, side, side]);
    const running = () => [reference(means), reference(variances)];
    const logits = await infer(reference(p), ...running(), original.ref).data();
    const bias = attackBias(logits, ahead);
    p[linear + 1] = array(bias, [CLASSES]);
    return { original, running, logits, bias };
  }

  /** PGD, by hand: each step is one compiled function, and so are the classes in the end. The result is the margin that is left. */
  async function gradientDescent() {
    const { original, running } = await attacked(true);
    const ahead = nn.oneHot(np.array(new Int32Array(batch), { dtype: np.int32 }), CLASSES);
    const lossAt = (at, weights, m, v, wanted) =>
      np.sum(nn.logSoftmax(forward(weights, { means: m, variances: v }, at), -1).mul(wanted)).mul(-1);
    const climb = jit((at, from, weights, m, v, wanted) => {
      const stepped = at.ref.add(np.sign(grad(lossAt)(at, weights, m, v, wanted)).mul(PGD.epsStep));
      const inside = np.minimum(np.maximum(stepped, from.ref.sub(PGD.eps)), from.add(PGD.eps));
      return np.clip(inside, 0, 1);
    });
    let left;
    return async () => {
      let at = original.ref;
      for (let step = 0; step < PGD.steps; step++) at = climb(at, original.ref, reference(p), ...running(), ahead.ref);
      const told = await infer(reference(p), ...running(), at).data();
      left ??= meanMargin(told);
      return left;
    };
  }

  /** DDN, by hand: each step is one compiled function. The result is the mean distance of the nearest adversarial images. */
  async function directionAndNorm() {
    const { original, running, logits, bias } = await attacked(false);
    const told = Array.from({ length: batch }, (_, i) =>
      bias
        .map((each, k) => each + logits[i * CLASSES + k])
        .reduce((best, value, k, all) => (value > all[best] ? k : best), 0),
    );
    const own = nn.oneHot(np.array(Int32Array.from(told), { dtype: np.int32 }), CLASSES);
    const lossAt = (at, weights, m, v, wanted) => {
      const seen = forward(weights, { means: m, variances: v }, at);
      return [np.sum(nn.logSoftmax(seen.ref, -1).mul(wanted)).mul(-1), lax.stopGradient(seen)];
    };
    const lengths = (x) => np.sqrt(np.sum(np.square(x), [1, 2, 3])).reshape([batch, 1, 1, 1]);
    const step = jit((at, best, nearest, norm, stepSize, from, weights, m, v, wanted) => {
      const [[loss, seen], slope] = valueAndGrad(lossAt, { hasAux: true })(at.ref, weights, m, v, wanted.ref);
      loss.dispose();
      const top = np.max(seen.ref, -1);
      const wrong = np.sum(seen.mul(wanted), -1).less(top).reshape([batch, 1, 1, 1]);
      const change = at.ref.sub(from.ref);
      const distance = lengths(change.ref);
      const reached = np.where(wrong.ref, distance, 1e9);
      const better = reached.ref.less(nearest.ref);
      const wished = norm.mul(np.where(wrong, 1 - DDN.gamma, 1 + DDN.gamma));
      const steepest = slope.ref.div(np.maximum(lengths(slope), 1e-30));
      const stepped = change.add(steepest.mul(stepSize));
      const moved = from.add(stepped.ref.mul(wished.ref.div(lengths(stepped))));
      return [np.clip(moved, 0, 1), np.where(better, at, best), np.minimum(reached, nearest), wished];
    });
    let mean;
    return async () => {
      let at = original.ref;
      let best = original.ref;
      let nearest = np.ones([batch, 1, 1, 1]).mul(1e9);
      let norm = np.ones([batch, 1, 1, 1]).mul(DDN.initEpsilon);
      for (let k = 0; k < DDN.steps; k++) {
        const share = (1 + Math.cos((Math.PI * k) / DDN.steps)) / 2;
        const length = np.array([DDN.shortest + (DDN.longest - DDN.shortest) * share]);
        [at, best, nearest, norm] = step(
          ...[at, best, nearest, norm, length.reshape([1, 1, 1, 1]), original.ref],
          ...[reference(p), ...running(), own.ref],
        );
      }
      const found = await nearest.data();
      await jax.blockUntilReady([at, best, norm]);
      dispose([at, best, norm]);
      mean ??= found.reduce((sum, each) => sum + (each < 1e9 ? each : 0), 0) / batch;
      return mean;
    };
  }
}

if (!(await jax.init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU');
jax.defaultDevice('webgpu');
if (workload === 'A1' || workload === 'A3') {
  const attack = await network()();
  await serve(versionOf('@jax-js/jax'), async (times) => {
    let value;
    for (let i = 0; i < times; i++) value = await attack();
    return value;
  });
  process.exit();
}
const compute = /^W[123]/.test(workload) ? kernel() : network();
await serve(versionOf('@jax-js/jax'), async (times) => {
  // jax-js is lazy: what is given back before it is read is never computed. So all results are kept to the end.
  const results = Array.from({ length: times }, compute);
  await jax.blockUntilReady(results.flat());
  const [value] = await results[times - 1][0].ref.ravel().slice([0, 1]).data();
  dispose(results.flat());
  return value;
});
process.exit();
