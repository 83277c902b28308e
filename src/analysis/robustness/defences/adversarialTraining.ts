import { InputError } from '../../../base/errors.ts';
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
import { type Adversary, detach, type Prey } from '../../../models/index.ts';
import { crossEntropy } from '../losses.ts';
import { norms } from '../norms.ts';
import type { Defence } from './defence.ts';

export interface AdversarialTrainingOptions {
  /** `madry`: learns from adversarial images alone. `trades`: from the images, and to say the same of adversarial ones. */
  readonly method: 'madry' | 'trades';
  readonly norm: 'inf' | '2';
  /** Largest perturbation, in units of the pixel range [0, 1]. */
  readonly eps: number;
  readonly epsStep: number;
  /** Steps of the attack on each batch. */
  readonly maxIter: number;
  /** Weight of the divergence in `trades`, 1 / λ of the paper; 6 unless given. */
  readonly beta?: number;
  /** Share of the training in which eps and epsStep rise from 0; 0 unless given. */
  readonly epsWarmup?: number;
}

/**
 * Training on images that a gradient attack on the model as it stands has made, new in every batch. The model that results is
 * attacked as it is.
 *
 * `madry` (Madry et al., arXiv 1706.06083, equation 2.1; ART's AdversarialTrainerMadryPGD): the cross-entropy of PGD's images,
 * from a random point of the ball. `trades` (Zhang et al., arXiv 1901.08573, algorithm 1; ART's AdversarialTrainerTRADES): the
 * cross-entropy of the images themselves, plus beta times KL(p(x) || p(x')), where x' makes that divergence large, from x + 0.001 · N(0, I).
 *
 * The attack sees the model in evaluation mode (batch norm's running statistics), as every later attack will; learning uses the batch's.
 * @throws InputError
 */
export function adversarialTraining(options: AdversarialTrainingOptions): Defence {
  check(options);
  const attack = options.method === 'madry' ? madry(options) : trades(options);
  return {
    name: 'adversarial-training',
    differentiable: true,
    random: false,
    trainingOnly: true,
    // Besides the steps: what is learned from; for TRADES also the image, before the attack and beside its result.
    adversary: { warmup: options.epsWarmup, queries: options.maxIter + (options.method === 'madry' ? 1 : 3), attack },
  };
}

type Attack = Adversary['attack'];

const madry =
  (options: AdversarialTrainingOptions): Attack =>
  (prey) => {
    const loss = (logits: Node) => crossEntropy(logits, prey.labels);
    return { logits: prey.study(climb(prey, randomStart(prey, options), loss, options)) };
  };

/** What the authors of TRADES train on CIFAR-10 with; ART has no default. */
const BETA = 6;
/** Standard deviation of the noise that TRADES starts with: at the image itself the divergence has no slope. */
const TRADES_START = 0.001;

const trades =
  (options: AdversarialTrainingOptions): Attack =>
  (prey) => {
    const { x, key } = prey;
    const noise = randomNormal(key, x.shape, { stream: streamId('adversarial-training.trades') });
    const clean = detach(prey.predict(x));
    const images = climb(prey, add(x, scale(noise, TRADES_START)), (logits) => divergence(clean, logits), options);
    const logits = prey.study(x);
    return { logits, penalty: scale(divergence(logits, prey.study(images)), options.beta ?? BETA) };
  };

/** KL(softmax(p) || softmax(q)) of each row: logits [N, K] → [N]. */
function divergence(p: Node, q: Node): Node {
  const logP = logSoftmax(p);
  return sum(multiply(exp(logP), subtract(logP, logSoftmax(q))), [1]);
}

/** Steps up a loss of the logits, each projected on the ball and clipped to [0, 1]. */
function climb(
  { x, strength, predict }: Prey,
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
function randomStart({ x, key, strength }: Prey, { norm, eps }: AdversarialTrainingOptions): Node {
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

function check(options: AdversarialTrainingOptions): void {
  const { norm, eps, epsStep, maxIter, beta = BETA, epsWarmup = 0, method } = options;
  const demand = (key: string, value: number | string, right: boolean, range: string) => {
    if (!right) throw new InputError(`adversarial-training: ${key} is ${value}; it must be ${range}`);
  };
  const distances = { eps, eps_step: epsStep };
  demand('method', method, method === 'madry' || method === 'trades', 'madry or trades');
  demand('norm', norm, norm === 'inf' || norm === '2', 'inf or 2');
  for (const [key, value] of Object.entries(distances))
    demand(
      key,
      value,
      Number.isFinite(value) && value > 0 && (norm !== 'inf' || value <= 1),
      norm === 'inf' ? 'above 0 and at most 1, pixels lying in [0, 1]' : 'above 0',
    );
  demand('max_iter', maxIter, Number.isInteger(maxIter) && maxIter >= 1, 'a whole number from 1');
  demand('beta', beta, Number.isFinite(beta) && beta > 0, 'above 0');
  demand('eps_warmup', epsWarmup, epsWarmup >= 0 && epsWarmup <= 1, 'a share of the training, from 0 to 1');
}
