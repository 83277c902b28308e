import { choice, integer, number, snakeCase, type ValuesOf } from '../../../base/parameter.ts';
import { streamId } from '../../../base/philox.ts';
import {
  add,
  clamp,
  divide,
  elements,
  exp,
  fill,
  gradients,
  log,
  logSoftmax,
  multiply,
  type Node,
  offset,
  randomNormal,
  randomUniform,
  scale,
  sqrt,
  square,
  subtract,
  sum,
} from '../../../engine/index.ts';
import { type Adversary, type AttackedBatch, detach } from '../../../models/index.ts';
import { crossEntropy } from '../losses.ts';
import { norms } from '../norms.ts';
import { defineDefence } from './defineDefence.ts';

/** What the authors of TRADES train on CIFAR-10 with; ART has no default. */
const BETA = 6;

const PARAMETERS = {
  method: choice({
    choices: ['madry', 'trades'],
    default: 'madry',
    about: 'madry learns from adversarial images alone; trades from the images, and to answer adversarial ones alike',
  }),
  norm: choice({ choices: ['inf', '2'], default: 'inf', takes: 'norm', about: 'norm of the perturbations' }),
  eps: number({
    above: 0,
    fraction: true,
    axis: true,
    takes: 'distance',
    about: 'largest perturbation, in units of the pixel range',
  }),
  epsStep: number({
    above: 0,
    fraction: true,
    optional: true,
    takes: 'distance',
    about: "length of the attack's steps; eps / 4 unless given",
  }),
  maxIter: integer({ from: 1, default: 7, about: 'steps of the attack on each batch' }),
  epsWarmup: number({
    from: 0,
    to: 1,
    default: 0,
    takes: 'share',
    about: 'share of the training in which eps and eps_step rise from 0',
  }),
  beta: number({
    above: 0,
    optional: true,
    takes: 'factor',
    about: `weight of the divergence of trades, 1 / λ of the paper; ${BETA} unless given`,
  }),
};

/** Parameters of adversarial training, defaults filled in; `beta` is of `trades` alone. */
export type AdversarialTrainingOptions = Omit<ValuesOf<typeof PARAMETERS>, 'epsStep'> & { readonly epsStep: number };

type Attack = Adversary['attack'];

const madry =
  (options: AdversarialTrainingOptions): Attack =>
  (batch) => {
    const loss = (logits: Node) => crossEntropy(logits, batch.labels);
    return { logits: batch.forward(climb(batch, randomStart(batch, options), loss, options)) };
  };

/** Standard deviation of the noise that TRADES starts with: at the image itself the divergence has no slope. */
const TRADES_START = 0.001;

const trades =
  (options: AdversarialTrainingOptions): Attack =>
  (batch) => {
    const { x, key } = batch;
    const noise = randomNormal(key, x.shape, { stream: streamId('adversarial-training.trades') });
    const clean = detach(batch.predict(x));
    const images = climb(batch, add(x, scale(noise, TRADES_START)), (logits) => divergence(clean, logits), options);
    const logits = batch.forward(x);
    return { logits, penalty: scale(divergence(logits, batch.forward(images)), options.beta ?? BETA) };
  };

/** KL(softmax(p) || softmax(q)) of each row: logits [N, K] → [N]. */
function divergence(p: Node, q: Node): Node {
  const logP = logSoftmax(p);
  return sum(multiply(exp(logP), subtract(logP, logSoftmax(q))), [1]);
}

/** Steps up a loss of the logits, each projected on the ball and clipped to [0, 1]. */
function climb(
  { x, strength, predict }: AttackedBatch,
  start: Node,
  loss: (logits: Node) => Node,
  { norm, eps, epsStep, maxIter }: AdversarialTrainingOptions,
): Node {
  const { direction, project } = norms[norm];
  const [radius, length] = [scale(strength, eps), scale(strength, epsStep)];
  let images = start;
  for (let step = 0; step < maxIter; step++) {
    const from = detach(images);
    const [slope] = gradients(sum(loss(predict(from))), [from]);
    images = clamp(project(add(from, multiply(direction(slope), length)), x, radius), 0, 1);
  }
  return detach(images);
}

/** A random point of each image's ball, uniformly distributed, clipped to [0, 1]. */
function randomStart({ x, key, strength }: AttackedBatch, { norm, eps }: AdversarialTrainingOptions): Node {
  const radius = scale(strength, eps);
  const shape = x.shape;
  const uniform = (of: readonly number[], purpose: string) =>
    randomUniform(key, of, { stream: streamId(`adversarial-training.${purpose}`) });
  if (norm === 'inf') {
    const unit = offset(scale(uniform(shape, 'start'), 2), -1);
    return clamp(add(x, multiply(unit, radius)), 0, 1);
  }
  const normal = randomNormal(key, shape, { stream: streamId('adversarial-training.start') });
  const norm2 = sqrt(sum(square(normal), [1, 2, 3], { keepDims: true }));
  // The radius of a uniform point of a ball in d dimensions is distributed as u^(1/d); 1 − u is never 0.
  const u = subtract(fill([shape[0], 1, 1, 1], 1), uniform([shape[0], 1, 1, 1], 'radius'));
  const distance = multiply(exp(scale(log(u), 1 / elements(shape.slice(1)))), radius);
  return clamp(add(x, multiply(normal, divide(distance, norm2))), 0, 1);
}

/**
 * Training on images that a gradient attack on the model as it stands has made, new in every batch. The model that results is
 * attacked as it is.
 *
 * `madry` (Madry et al., arXiv 1706.06083, equation 2.1; ART's AdversarialTrainerMadryPGD): the cross-entropy of PGD's
 * images, from a random point of the ball. `trades` (Zhang et al., arXiv 1901.08573, algorithm 1; ART's
 * AdversarialTrainerTRADES): the cross-entropy of the images themselves, plus beta times KL(p(x) || p(x')), where x'
 * makes that divergence large, from x + 0.001 · N(0, I).
 *
 * The attack sees the model in evaluation mode (batch norm's running statistics), as every later attack will; learning uses the batch's.
 */
export const adversarialTraining = defineDefence({
  name: 'adversarial-training',
  title: 'Adversarial training',
  about: 'training on images that an attack has made of the batch',
  source: 'arXiv 1706.06083, 1901.08573',
  acts: 'training',
  trainFlags: '--adversarial',
  differentiable: true,
  random: false,
  parameters: PARAMETERS,
  mistakeOf: ({ method, norm, eps, epsStep = 0, beta }) => {
    const outside = (name: 'eps' | 'epsStep', distance: number) =>
      norm === 'inf' && distance > 1
        ? {
            name,
            message: `${snakeCase(name)} is ${distance}; it must be above 0 and at most 1, pixels lying in [0, 1]`,
          }
        : undefined;
    if (beta !== undefined && method !== 'trades')
      return { name: 'beta', message: `beta is of method trades, not of ${method}` };
    return outside('eps', eps) ?? outside('epsStep', epsStep);
  },
  derive: ({ epsStep, beta, ...rest }): AdversarialTrainingOptions => ({
    ...rest,
    epsStep: epsStep ?? rest.eps / 4,
    ...(rest.method === 'trades' ? { beta: beta ?? BETA } : {}),
  }),
  labels: ({ method, eps, epsStep }) => ({
    method,
    eps: `eps ${Number(eps.toPrecision(4))}`,
    epsStep: `eps_step ${epsStep === eps / 4 ? 'eps/4' : epsStep}`,
  }),
  create: (options) => ({
    adversary: {
      warmup: options.epsWarmup,
      // Besides the steps: what is learned from; for TRADES also the image, before the attack and beside its result.
      queries: options.maxIter + (options.method === 'madry' ? 1 : 3),
      attack: options.method === 'madry' ? madry(options) : trades(options),
    },
  }),
});
