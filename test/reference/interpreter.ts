import { inputOp, literalData, literalOp, reachable } from '../../src/engine/graph/graph.ts';
import type { Node } from '../../src/engine/graph/op.ts';
import { elementwise, map } from './elementwise.ts';
import { fused } from './fused.ts';
import { oneHot } from './oneHot.ts';
import * as reduce from './reduce.ts';
import * as shape from './shape.ts';
import { sum } from './sum.ts';

/**
 * Evaluates a graph in float64 by the references, node by node: what the graph means before and after every pass.
 * @param feeds values of the input nodes
 */
export function interpret(outputs: readonly Node[], feeds: ReadonlyMap<Node, Float64Array>): Float64Array[] {
  const values = new Map<Node, Float64Array>();
  for (const node of reachable(outputs)) {
    const operands = node.inputs.map((input) => values.get(input) as Float64Array);
    values.set(node, evaluate(node, operands, feeds));
  }
  return outputs.map((node) => values.get(node) as Float64Array);
}

function evaluate(node: Node, operands: readonly Float64Array[], feeds: ReadonlyMap<Node, Float64Array>): Float64Array {
  const { op, inputs, attributes } = node;
  if (op === inputOp) {
    const value = feeds.get(node);
    if (value === undefined) throw new Error(`no value is given for the input ${attributes.name}`);
    return value;
  }
  if (op === literalOp) return Float64Array.from(literalData(node));
  const [x] = operands;
  const from = inputs[0]?.shape;
  const numbers = (name: string) => attributes[name] as number[];
  switch (op.name) {
    case 'reshape':
    case 'recompute':
    case 'after':
      return x;
    case 'transpose':
      return shape.transpose(x, from, numbers('permutation'));
    case 'slice':
      return shape.slice(x, from, numbers('starts'), numbers('ends'));
    case 'pad':
      return shape.pad(x, from, numbers('before'), numbers('after'));
    case 'expand':
      return shape.expand(x, from, node.shape);
    case 'concatenate':
      return shape.concatenate(
        operands,
        inputs.map((input) => input.shape),
        attributes.axis as number,
      );
    case 'sum':
      return sum(x, from, numbers('axes'));
    case 'mean':
      return sum(x, from, numbers('axes')).map((total) => (total * node.size) / inputs[0].size);
    case 'max':
      return reduce.max(x, from, numbers('axes'));
    case 'min':
      return reduce.min(x, from, numbers('axes'));
    case 'argmax':
      return reduce.argmax(x, from, attributes.axis as number);
    case 'oneHot':
      return oneHot(x, attributes.classes as number);
    case 'fused':
      return fused(
        operands,
        inputs.map(({ dtype }) => dtype),
        attributes as Parameters<typeof fused>[2],
      );
    default:
      if (!(op.name in elementwise)) throw new Error(`the interpreter does not know ${op.name}`);
      return map(op.name, operands, node.size, attributes, node.dtype);
  }
}
