import { reachable, readersOf, withInputs } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { kernelOp } from '../graph/op.ts';
import { joinedNormalisation, normalisedConvolution } from '../ops/conv2d/normalised.ts';
import type { PassContext } from './pass.ts';

/**
 * Lets a convolution's kernel that can do so normalise what it computed, add the residual and take it through ReLU, where a batch norm
 * with constants is all that reads it: inference saves a pass over every activation. Every number stays the same.
 */
export function joinNormalisation(outputs: readonly Node[], { capabilities, variantOf }: PassContext): Node[] {
  const variant = (node: Node) => {
    const { inputs, attributes } = node;
    return variantOf?.(node) ?? kernelOp(node).variants?.({ inputs, output: node, attributes, capabilities })[0];
  };
  const order = reachable(outputs);
  const readers = readersOf(order, outputs);
  const convolutions = new Map<Node, Node>();
  for (const node of order) {
    const convolution = normalisedConvolution(node, variant);
    if (convolution !== null && readers.get(convolution) === 1) convolutions.set(node, convolution);
  }
  const takenIn = new Set(convolutions.values());
  const rebuilt = new Map<Node, Node>();
  for (const node of order) {
    if (takenIn.has(node)) continue;
    const convolution = convolutions.get(node);
    const [, ...others] = node.inputs;
    const inputs = convolution === undefined ? node.inputs : [...convolution.inputs, ...others];
    const now = inputs.map((input) => rebuilt.get(input) as Node);
    rebuilt.set(node, convolution === undefined ? withInputs(node, now) : joinedNormalisation(convolution, node, now));
  }
  return outputs.map((node) => rebuilt.get(node) as Node);
}
