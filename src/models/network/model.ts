import { elements, type Node, type Tensor, type TensorType } from '../../engine/index.ts';
import type { Precision } from './precision.ts';

/** The distribution that a tensor's first values are drawn from. */
export type Initial =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'normal'; readonly standardDeviation: number }
  /** Uniform in [-bound, bound). */
  | { readonly kind: 'uniform'; readonly bound: number };

/** A tensor of a model. Its shape is the device's, which for convolution weights is not PyTorch's. */
export interface TensorSpec extends TensorType {
  /** `conv`: [C, kH, kW, O] on the device and [O, C, kH, kW] in PyTorch. `plain`: the same in both. */
  readonly layout: 'plain' | 'conv';
  readonly initial: Initial;
}

/** Tensors by PyTorch's names, in PyTorch's order. */
export type Specs = Readonly<Record<string, TensorSpec>>;

/** Values of `Specs` in a graph. */
export type Nodes = Readonly<Record<string, Node>>;

export interface ForwardOptions {
  /** Batch norm uses the batch's statistics and updates the running ones; otherwise it uses the running ones. */
  readonly training: boolean;
  /**
   * What gradients remember of a pass: all activations, or, of a network made of blocks, what lies between them; the rest is
   * computed again. It takes less memory and more time, and changes no bit.
   */
  readonly recompute?: 'none' | 'blocks';
  /** What a `random` network draws from in training: the batch's key, u32 [2], and which pass of the batch this is, from 0. */
  readonly random?: { readonly key: Node; readonly pass: number };
}

/** A network as pure data and one function. */
export interface Model {
  readonly name: string;
  /** f32 unless given. Its tensors have the format that this precision computes in. */
  readonly precision?: Precision;
  /** Whether a pass in training mode draws random numbers, as dropout does. */
  readonly random?: boolean;
  /** What training changes by gradients. */
  readonly parameters: Specs;
  /** What training changes otherwise: running statistics. */
  readonly state: Specs;
  /**
   * Images f32 [N, C, H, W] with pixels in [0, 1] → logits [N, classes] in the format that the precision computes in,
   * and, when training, what the batch was observed to have where the state has its running average.
   */
  forward(parameters: Nodes, state: Nodes, x: Node, options: ForwardOptions): { logits: Node; observed: Nodes };
}

/** How many numbers training changes. */
export function parameterCount({ parameters }: Model): number {
  return Object.values(parameters).reduce((sum, { shape }) => sum + elements(shape), 0);
}

/** Numbers of f32, or of formats with more bits. */
export type HostArray = Float32Array | Float64Array;

/** The values of a model's tensors in the host's memory, in the device's layout. */
export interface HostWeights {
  readonly parameters: Readonly<Record<string, HostArray>>;
  readonly state: Readonly<Record<string, HostArray>>;
}

/** The values of a model's tensors on a device. */
export interface Weights {
  readonly parameters: Readonly<Record<string, Tensor>>;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** The inputs of a graph that `Weights` feed: constants of what does not train. */
export const WEIGHTS: readonly (keyof Weights)[] = ['parameters', 'state'];

/** A record with every value replaced. */
export function mapValues<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
}
