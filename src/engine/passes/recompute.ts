import { apply, defineOp, reachable } from '../graph/graph.ts';
import type { NoAttributes, Node } from '../graph/op.ts';

/**
 * Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): values between the inputs and the output of a block are not
 * remembered for the backward pass, but computed again from the inputs when the backward pass arrives at the block.
 */

/** Marks a block: its output, and the inputs to compute it again from. */
const recomputeOp = defineOp<NoAttributes>({
  name: 'recompute',
  infer: ([output]) => output,
  derivative: ({ inputs, gradient }) => inputs.map((_, i) => (i === 0 ? gradient : null)),
  decompose: ([output]) => output,
});

/** x, but not before another value is there. A different node than x, so that what is computed from it is computed again. */
const afterOp = defineOp<NoAttributes>({
  name: 'after',
  infer: ([x]) => x,
  derivative: ({ gradient }) => [gradient, null],
  kernel: () => [],
  cost: () => ({ flops: 0, bytes: 0 }),
  aliases: 0,
  anyFormat: true,
});

/** x, but not before another value is there. */
export const after = (x: Node, earlier: Node): Node => afterOp([x, earlier], {});

/** A value this much smaller than the block's output is remembered: batch statistics take no memory, but a pass to compute. */
const SMALL = 1 / 16;

/**
 * Has the value of `output`, but gradients through it compute what lies between `inputs` and `output` a second time instead
 * of remembering it, as `torch.utils.checkpoint` and `jax.checkpoint` do. Loss and gradients keep their bits. Values that
 * do not depend on `inputs`, the output itself and what is small beside it (batch statistics) are computed once.
 */
export const recompute = (output: Node, inputs: readonly Node[]): Node => recomputeOp([output, ...inputs], {});

export const isRecomputed = ({ op }: Node): boolean => op === recomputeOp.definition;

/**
 * What stands for the values of a block in the derivatives of its ops.
 * @param block a node of `recompute`
 * @param gradient of the block's output: computing again waits for it
 * @param standIns those of the block around this one
 */
export function recomputation(block: Node, gradient: Node, standIns: ReadonlyMap<Node, Node>): ReadonlyMap<Node, Node> {
  const [output, ...inputs] = block.inputs;
  const made = new Map<Node, Node>();
  const known = (node: Node) => made.get(node) ?? standIns.get(node) ?? node;
  const remember = (node: Node) => made.set(node, after(known(node), gradient));
  for (const node of inputs) remember(node);
  for (const node of reachable([output])) {
    const inside = node !== output && !made.has(node) && node.inputs.some((input) => made.has(input));
    if (!inside) continue;
    if (node.size <= SMALL * output.size) remember(node);
    else made.set(node, apply(node.op, node.inputs.map(known), node.attributes));
  }
  return made;
}
