import type { Node } from '../engine/graph.ts';
import { add, multiply, scale, subtract } from '../engine/ops/elementwise.ts';

export interface SgdOptions {
  readonly momentum: number;
  /** L2 penalty, added to the gradient of every parameter. */
  readonly weightDecay: number;
}

/** Tensors of one shape: one parameter, or all of a model in a vector. */
export interface SgdInputs {
  readonly parameters: Node;
  /** Of the loss. */
  readonly gradients: Node;
  /** Zero before the first step. */
  readonly velocity: Node;
  /** Scalar. */
  readonly learningRate: Node;
}

/**
 * Stochastic gradient descent with momentum as in PyTorch: v ← momentum · v + g + weightDecay · p; p ← p − learningRate · v.
 * (Sutskever et al., ICML 2013, multiply the learning rate into v instead; the two differ when it changes.)
 */
export function sgd(
  { parameters, gradients, velocity, learningRate }: SgdInputs,
  { momentum, weightDecay }: SgdOptions,
): { parameters: Node; velocity: Node } {
  const decayed = weightDecay === 0 ? gradients : add(gradients, scale(parameters, weightDecay));
  const updated = momentum === 0 ? decayed : add(scale(velocity, momentum), decayed);
  return { parameters: subtract(parameters, multiply(learningRate, updated)), velocity: updated };
}

export type Schedule = 'constant' | 'cosine';

/**
 * Learning rate at a step, counted from 0, of so many steps. `cosine` falls from `initial` towards 0 over the training without
 * restarts (Loshchilov and Hutter, arXiv 1608.03983, equation 5).
 */
export function learningRateAt(schedule: Schedule, initial: number, step: number, steps: number): number {
  return schedule === 'constant' ? initial : (initial / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
