import { add, divide, multiply, type Node, offset, scale, sqrt, square } from '../../../../engine/index.ts';

/* Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) in the graph of an attack's step, with the settings of its paper. */

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** What Adam carries from step to step. */
export const adamCarried = { first: { of: 'pixel', from: 0 }, second: { of: 'pixel', from: 0 } } as const;

/** Scalars of a step: they undo the bias of moments that begin at 0. @param step from 0 */
export const adamRates = (step: number) => ({
  unbiasFirst: 1 / (1 - BETA1 ** (step + 1)),
  unbiasSpread: 1 / Math.sqrt(1 - BETA2 ** (step + 1)),
});

/**
 * The direction that Adam descends against.
 * @returns `direction`: the mean gradient over `spread`, the root of the mean squared gradient, both without bias
 */
export function adamDirection(
  gradient: Node,
  carried: Readonly<Record<string, Node>>,
  rates: Readonly<Record<string, Node>>,
): { readonly direction: Node; readonly spread: Node; readonly carried: { first: Node; second: Node } } {
  const first = add(scale(carried.first, BETA1), scale(gradient, 1 - BETA1));
  const second = add(scale(carried.second, BETA2), scale(square(gradient), 1 - BETA2));
  const spread = offset(multiply(sqrt(second), rates.unbiasSpread), EPSILON);
  return { direction: divide(multiply(first, rates.unbiasFirst), spread), spread, carried: { first, second } };
}
