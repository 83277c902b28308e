import { inputOp, literalOp } from '../graph/graph.ts';
import type { KernelCall, Node } from '../graph/op.ts';
import { kernelCode } from '../kernels/code.ts';

/**
 * What depends on constants alone (weights, where nothing trains them) need not be computed in every run: whole nodes, such as rounded
 * weights, and what kernels prepare of weights in scratch memory, such as Winograd's transforms.
 */

/** The share of a device's memory that prepared weights may take: beyond it they are prepared in every run. */
export const MOST_KEPT = 0.25;

/** The nodes of an order that depend on literals and on these inputs alone. @param inPlace nodes that overwrite an input, which are not */
export function constantNodes(
  order: readonly Node[],
  inputs: readonly Node[],
  inPlace: ReadonlyMap<Node, Node>,
): ReadonlySet<Node> {
  const constant = new Set(inputs);
  for (const node of order) {
    if (node.op === inputOp || inPlace.has(node)) continue;
    if (node.op === literalOp || node.inputs.every((input) => constant.has(input))) constant.add(node);
  }
  return constant;
}

/**
 * Which calls of an op depend on constants alone, and write nothing but scratch memory that no other call writes: their results can be
 * kept from run to run.
 * @param isConstant whether the op's input of this number is a constant
 */
export function constantCalls(
  calls: readonly KernelCall[],
  isConstant: (input: number) => boolean,
): ReadonlySet<KernelCall> {
  const written = new Set<number>();
  const kept = new Set<number>();
  const constant = new Set<KernelCall>();
  for (const call of calls) {
    const operands = Object.values(call.bind);
    const scratch = operands.filter(({ role }) => role === 'scratch').map(({ index }) => index);
    const known = operands.every(({ role, index }) => {
      if (role === 'input') return isConstant(index);
      return role === 'scratch' && (kept.has(index) || !written.has(index));
    });
    if (known) {
      constant.add(call);
      for (const index of scratch) kept.add(index);
    } else if (scratch.some((index) => kept.has(index) && !onlyReads(call, index))) return new Set();
    for (const index of scratch) written.add(index);
  }
  return constant;
}

/** Whether the kernel of a call does not write a scratch buffer that is bound to it. */
function onlyReads(call: KernelCall, scratch: number): boolean {
  const code = kernelCode(call);
  return Object.entries(call.bind).every(
    ([variable, { role, index }]) =>
      role !== 'scratch' || index !== scratch || new RegExp(`var<storage, read> ${variable}\\b`).test(code),
  );
}
