import type { Node } from '../engine/graph.ts';
import { add, multiply, scale, subtract } from '../engine/ops/elementwise.ts';
import { mapValues, type Nodes } from './model.ts';

export interface SgdOptions {
  readonly momentum: number;
  /** L2 penalty, added to the gradient of every parameter. */
  readonly weightDecay: number;
}

export interface SgdInputs {
  readonly parameters: Nodes;
  /** Loss gradient of each parameter, by the same names. */
  readonly gradients: Nodes;
  /** Zero before the first step. */
  readonly velocity: Nodes;
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
): { parameters: Record<string, Node>; velocity: Record<string, Node> } {
  const updated = mapValues(parameters, (parameter, name) => {
    const gradient = weightDecay === 0 ? gradients[name] : add(gradients[name], scale(parameter, weightDecay));
    return momentum === 0 ? gradient : add(scale(velocity[name], momentum), gradient);
  });
  return {
    parameters: mapValues(parameters, (parameter, name) => subtract(parameter, multiply(learningRate, updated[name]))),
    velocity: updated,
  };
}

export type Schedule = 'constant' | 'cosine';

/**
 * Learning rate at a step, counted from 0, of so many steps. `cosine` falls from `initial` towards 0 over the training without
 * restarts (Loshchilov and Hutter, arXiv 1608.03983, equation 5).
 */
export function learningRateAt(schedule: Schedule, initial: number, step: number, steps: number): number {
  return schedule === 'constant' ? initial : (initial / 2) * (1 + Math.cos((Math.PI * step) / steps));
}
