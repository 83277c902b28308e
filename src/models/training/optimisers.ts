import { InputError } from '../../base/errors.ts';
import { add, divide, multiply, type Node, offset, scale, sqrt, square, subtract } from '../../engine/index.ts';
import type { Nodes } from '../network/model.ts';

export const OPTIMISERS = ['sgd', 'adam', 'adamw'] as const;
export type OptimiserName = (typeof OPTIMISERS)[number];

export interface SgdOptions {
  readonly momentum: number;
  /** Looks ahead: the gradient is taken as if the momentum had moved the parameters already (Sutskever et al., ICML 2013). */
  readonly nesterov?: boolean;
  /** L2 penalty, added to the gradient of every parameter. */
  readonly weightDecay: number;
}

export interface AdamOptions {
  /** How much of the mean gradient and of the mean squared gradient is kept from step to step. */
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Of `adam` an L2 penalty; of `adamw` the share of the parameters that a learning rate of 1 would take away. */
  readonly weightDecay?: number;
}

/** An optimiser, and what it needs; the defaults are PyTorch's. */
export interface OptimiserOptions extends Partial<SgdOptions>, AdamOptions {
  /** `sgd` when left out. */
  readonly optimiser?: OptimiserName;
}

/** Tensors of one shape: one parameter, or all of a model in a vector. */
export interface UpdateInputs {
  readonly parameters: Node;
  /** Of the loss. */
  readonly gradients: Node;
  /** What is remembered of each parameter, by the optimiser's slots. */
  readonly slots: Nodes;
  /** Scalars, by the names of the optimiser's `rates`. */
  readonly rates: Nodes;
}

/** How parameters follow their gradients. */
export interface Optimiser {
  /** What it remembers of each parameter, by PyTorch's names; zero before the first step. */
  readonly slots: readonly string[];
  /** What changes from step to step. @param step from 1 */
  rates(learningRate: number, step: number): Readonly<Record<string, number>>;
  update(inputs: UpdateInputs): { parameters: Node; slots: Nodes };
}

/** The optimiser of these options. @throws InputError when one is out of range */
export function optimiserOf(options: OptimiserOptions): Optimiser {
  checkOptimiser(options);
  const { optimiser = 'sgd', momentum = 0, weightDecay = 0, nesterov } = options;
  return optimiser === 'sgd' ? sgdOptimiser({ momentum, weightDecay, nesterov }) : adamOptimiser(optimiser, options);
}

function sgdOptimiser(options: SgdOptions): Optimiser {
  const remembers = options.momentum !== 0;
  return {
    slots: remembers ? ['momentum_buffer'] : [],
    rates: (learningRate) => ({ learningRate }),
    update: ({ parameters, gradients, slots, rates: { learningRate } }) => {
      const velocity = slots.momentum_buffer ?? gradients;
      const updated = sgd({ parameters, gradients, velocity, learningRate }, options);
      const kept: Nodes = remembers ? { momentum_buffer: updated.velocity } : {};
      return { parameters: updated.parameters, slots: kept };
    },
  };
}

export interface SgdInputs {
  readonly parameters: Node;
  readonly gradients: Node;
  /** Zero before the first step. */
  readonly velocity: Node;
  /** Scalar. */
  readonly learningRate: Node;
}

/**
 * Stochastic gradient descent with momentum as in PyTorch: v ← momentum · v + g + weightDecay · p; p ← p − learningRate · v, or
 * with Nesterov's momentum p ← p − learningRate · (g + weightDecay · p + momentum · v).
 * (Sutskever et al., ICML 2013, multiply the learning rate into v instead; the two differ when it changes.)
 */
export function sgd(
  { parameters, gradients, velocity, learningRate }: SgdInputs,
  { momentum, weightDecay, nesterov = false }: SgdOptions,
): { parameters: Node; velocity: Node } {
  const decayed = weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
  const updated = momentum === 0 ? decayed : add(scale(velocity, momentum), decayed);
  const direction = nesterov ? add(decayed, scale(updated, momentum)) : updated;
  return { parameters: subtract(parameters, multiply(learningRate, direction)), velocity: updated };
}

const BETAS = [0.9, 0.999] as const;
const EPSILON = 1e-8;
/** PyTorch's default of AdamW; Adam's is 0. */
const DECAY = { adam: 0, adamw: 0.01 };

/**
 * Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with an L2 penalty, or AdamW (Loshchilov and Hutter, arXiv 1711.05101), which
 * shrinks the parameters apart from the gradient, as PyTorch computes them. The corrections of the first steps' bias are powers of
 * the betas, so they come from the host in float64.
 */
function adamOptimiser(name: 'adam' | 'adamw', options: AdamOptions): Optimiser {
  const { betas: [beta1, beta2] = BETAS, epsilon = EPSILON, weightDecay = DECAY[name] } = options;
  return {
    slots: ['exp_avg', 'exp_avg_sq'],
    rates: (learningRate, step) => ({
      stepSize: learningRate / (1 - beta1 ** step),
      spread: 1 / Math.sqrt(1 - beta2 ** step),
      decay: 1 - learningRate * weightDecay,
    }),
    update: ({ parameters, gradients, slots, rates }) => {
      const shrunk = name === 'adamw' ? multiply(parameters, rates.decay) : parameters;
      const gradient =
        name === 'adamw' || weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
      const first = add(scale(slots.exp_avg, beta1), scale(gradient, 1 - beta1));
      const second = add(scale(slots.exp_avg_sq, beta2), scale(square(gradient), 1 - beta2));
      const divisor = offset(multiply(sqrt(second), rates.spread), epsilon);
      return {
        parameters: subtract(shrunk, multiply(rates.stepSize, divide(first, divisor))),
        slots: { exp_avg: first, exp_avg_sq: second },
      };
    },
  };
}

function checkOptimiser({
  optimiser = 'sgd',
  momentum = 0,
  nesterov,
  weightDecay = 0,
  betas = BETAS,
  epsilon = EPSILON,
}: OptimiserOptions): void {
  const check = (what: string, value: unknown, right: boolean, range: string) => {
    if (!right) throw new InputError(`training: the ${what} is ${value}; it must be ${range}`);
  };
  check('optimiser', optimiser, OPTIMISERS.includes(optimiser), OPTIMISERS.join(', '));
  check('momentum', momentum, momentum >= 0 && momentum < 1, 'at least 0 and below 1');
  check('momentum', momentum, !nesterov || momentum > 0, "above 0 for Nesterov's");
  check('weight decay', weightDecay, Number.isFinite(weightDecay) && weightDecay >= 0, 'at least 0');
  for (const beta of betas) check('beta', beta, beta >= 0 && beta < 1, 'at least 0 and below 1');
  check('epsilon', epsilon, Number.isFinite(epsilon) && epsilon > 0, 'above 0');
}
