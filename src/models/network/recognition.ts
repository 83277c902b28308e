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

/** What the first and the last layer of a convolutional network tell of it. */
export interface ConvolutionalEnds {
  /** Channels that the first convolution gives. */
  readonly width: number;
  readonly inChannels: number;
  /** Side of its kernel. */
  readonly kernel: number;
  readonly classes: number;
  /** What the last layer reads of an image. */
  readonly features: number;
}

/**
 * The ends of a network, by the shapes of two weights.
 * @param first name of the first convolution's weight, [width, channels, kernel, kernel]
 * @param last name of the last fully connected layer's, [classes, features]
 * @param kernels sides that the first kernel may have
 * @returns null where one is missing or has another form
 */
export function convolutionalEnds(
  tensors: ReadonlyMap<string, StoredTensor>,
  { first, last, kernels }: { readonly first: string; readonly last: string; readonly kernels: readonly number[] },
): ConvolutionalEnds | null {
  const [from, to] = [first, last].map((name) => tensors.get(name)?.shape ?? []);
  if (from.length !== 4 || to.length !== 2 || Math.min(...from, ...to) < 1 || !kernels.includes(from[2])) return null;
  return { width: from[0], inChannels: from[1], kernel: from[2], classes: to[0], features: to[1] };
}

/**
 * Names of the tensors of a state dict that a model has no use for: those of modules beside its own, such as further heads. What lies
 * within one of its modules, such as one block more, makes another network and is none of them.
 */
export function tensorsBeside(tensors: ReadonlyMap<string, StoredTensor>, { parameters, state }: Model): string[] {
  const moduleOf = (name: string) => name.split('.')[0];
  const modules = new Set(Object.keys({ ...parameters, ...state }).map(moduleOf));
  return [...tensors.keys()].filter((name) => !modules.has(moduleOf(name)) && !COUNTER.test(name));
}
