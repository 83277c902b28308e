import type { StoredTensor } from '../checkpoint/safetensors.ts';
import type { Model } from './model.ts';

/** PyTorch's counters of batches, which no model here has. */
const COUNTER = /(^|\.)num_batches_tracked$/;

/** How many names of tensors a state dict and a model do not have in common. */
function strangers(tensors: ReadonlyMap<string, StoredTensor>, { parameters, state }: Model): number {
  const names = Object.keys({ ...parameters, ...state });
  const stored = [...tensors.keys()].filter((name) => !COUNTER.test(name)).length;
  return names.length + stored - 2 * names.filter((name) => tensors.has(name)).length;
}

/**
 * The network whose tensors a state dict comes nearest to, by their names; of equals the first.
 * @param candidates at least one
 * @param build the model of a candidate
 */
export function nearestByNames<T>(
  tensors: ReadonlyMap<string, StoredTensor>,
  candidates: readonly T[],
  build: (candidate: T) => Model,
): T {
  const counted = candidates.map((candidate) => ({ candidate, strangers: strangers(tensors, build(candidate)) }));
  return counted.reduce((best, each) => (each.strangers < best.strangers ? each : best)).candidate;
}
