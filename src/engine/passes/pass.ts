import type { Capabilities } from '../graph/capabilities.ts';
import type { Node, VariantChoice } from '../graph/op.ts';

/** What passes may know of where the graph will run. */
export interface PassContext {
  readonly capabilities: Capabilities;
  /** Chooses among the variants of ops; their defaults unless given. */
  readonly variantOf?: VariantChoice;
}

/** A step from the traced graph to the one that is planned: the same values, by other nodes. */
export interface Pass {
  readonly name: string;
  /** The outputs in the same places, rebuilt where that is better; every number keeps its bits, unless the depth of a product is sliced. */
  run(outputs: readonly Node[], context: PassContext): readonly Node[];
}
