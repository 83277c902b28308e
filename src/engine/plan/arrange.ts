import { formats } from '../graph/dtype.ts';
import type { Node } from '../graph/op.ts';
import { kernelOp } from '../graph/op.ts';
import { storageOf } from './schedule.ts';

/** A value that is computed where a larger one wants it. */
export interface Arrangement {
  /** The node that puts it beside others, and which of that node's inputs it is. */
  readonly within: Node;
  readonly input: number;
  /** Bytes into that node's memory. */
  readonly offset: number;
}

/**
 * Decides which values are computed straight into the node that puts them side by side (`places`). Not so a value that has memory of
 * its own for another reason (`excluded`), one that goes to several places, nor one that is computed from another part of the same
 * node: WebGPU lets no kernel read a buffer that it writes elsewhere.
 */
export function arrange(
  order: readonly Node[],
  excluded: (storage: Node, within: Node) => boolean,
): Map<Node, Arrangement> {
  const arranged = new Map<Node, Arrangement>();
  for (const node of order) {
    const op = kernelOp(node);
    if (op.places === undefined) continue;
    const inside = new Set<Node>();
    const storages = node.inputs.map(storageOf);
    op.places(node.inputs, node.attributes).forEach((place, i) => {
      const storage = storages[i];
      const isWhole =
        storage.bytes === node.inputs[i].bytes && storages.indexOf(storage) === storages.lastIndexOf(storage);
      if (place === null || !isWhole || arranged.has(storage) || excluded(storage, node)) return;
      const touches = storage.inputs.some((input) => inside.has(storageOf(input)));
      const touched = [...inside].some((other) => other.inputs.some((input) => storageOf(input) === storage));
      if (touches || touched) return;
      inside.add(storage);
      arranged.set(storage, { within: node, input: i, offset: place * formats[node.dtype].bytes });
    });
  }
  return arranged;
}
