import type { Node } from './op.ts';
import { type View, whole } from './view.ts';

/** Where a node's elements lie: in the storage of another node, or in its own. */
export interface Placement {
  readonly source: Node;
  readonly view: View;
}

/** Follows ops that only rearrange back to the node whose elements they show. */
export function placementOf(node: Node): Placement {
  const { op, inputs, attributes, shape } = node;
  if (op.decompose === undefined && op.view !== undefined) {
    const [x] = inputs;
    const { source, view } = placementOf(x);
    const placed = op.view(view, x, attributes);
    if (placed !== null) return { source, view: placed };
  }
  return { source: node, view: whole(shape) };
}
