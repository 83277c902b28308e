import { cast, type DType, type Node, rounded, type StorageFormats, stored } from '../../engine/index.ts';

/** The number formats that a network can be trained and attacked in, with fewer bits or more than f32. */
export const PRECISIONS = ['f8', 'f16', 'f32', 'f32x2', 'f64'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** What has which format in a model of a precision. */
export interface PrecisionPolicy {
  /** Parameters, their gradients, what optimisers remember, statistics; and all that is computed. */
  readonly computed: Extract<DType, 'f32' | 'f32x2' | 'f64'>;
  /** What activations and weights, and gradients by activations, are rounded to; null: nothing more than they are computed in. */
  readonly storage: StorageFormats | null;
  /** The loss is scaled so that small gradients do not become 0 (Micikevicius et al., arXiv 1710.03740, section 3.2). */
  readonly lossScaling: boolean;
}

/**
 * f8: Micikevicius et al., arXiv 2209.05433: 4 bits of exponent forward, 5 for gradients, parameters in f32. Their scales come from
 * the tensors themselves (see `quantise`), so that gradients need no scaled loss.
 */
const PRECISION_POLICIES: Readonly<Record<Precision, PrecisionPolicy>> = {
  f8: { computed: 'f32', storage: { value: 'f8e4m3', gradient: 'f8e5m2' }, lossScaling: false },
  f16: { computed: 'f32', storage: { value: 'f16', gradient: 'f16' }, lossScaling: true },
  f32: { computed: 'f32', storage: null, lossScaling: false },
  f32x2: { computed: 'f32x2', storage: null, lossScaling: false },
  f64: { computed: 'f64', storage: null, lossScaling: false },
};

/** What the layers of a network do with a tensor so that it has the precision's format. */
export interface Storing {
  /** An activation: an input of a layer, or what it computes. */
  activation(x: Node): Node;
  /** A weight that is multiplied; its gradient is not rounded. */
  weight(parameter: Node): Node;
}

export function storingOf({ computed, storage }: PrecisionPolicy): Storing {
  if (storage === null) return { activation: (x) => cast(x, computed), weight: (parameter) => parameter };
  return {
    activation: (x) => stored(x, storage),
    weight: (parameter) => rounded(parameter, storage.value),
  };
}

/** What a model without a precision of its own has. */
export const DEFAULT_PRECISION: Precision = 'f32';

export const policyOf = ({ precision = DEFAULT_PRECISION }: { readonly precision?: Precision }): PrecisionPolicy =>
  PRECISION_POLICIES[precision];
