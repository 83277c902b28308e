import { apply, reachable, withInputs } from '../graph/graph.ts';
import type { Node } from '../graph/op.ts';
import { type Attributes, kernelOp } from '../graph/op.ts';
import { type Placement, placementOf } from '../graph/placement.ts';
import { sameShape } from '../graph/shape.ts';
import { isWhole } from '../graph/view.ts';
import { isFill } from '../ops/elementwise/define.ts';
import { fused, isCostly, isElementwise, MOST_INPUTS, type Operation } from '../ops/elementwise/fused.ts';
import type { InputView } from '../ops/elementwise/kernel.ts';

/** Most operations of one kernel: longer chains gain nothing, and their text takes time to compile. */
const MOST_OPERATIONS = 48;

/** The most operations of a value that is computed again in every kernel that needs it. */
const MOST_REPEATED = 4;

/** Elementwise nodes that become one kernel. */
interface Group {
  readonly members: Set<Node>;
  /** What the kernel reads, by `keyOf`; among it nodes that may still join. */
  readonly reads: Map<string, Node>;
}

const keyOf = ({ source, view }: Placement): string => `${source.id}:${view.offset}:${view.strides.join()}`;

/**
 * Joins elementwise ops into one kernel wherever a value is needed in that kernel alone, or costs less to compute again than to
 * remember, and lets kernels read through ops that only rearrange. Every element goes through the same operations as before.
 */
export function fuse(outputs: readonly Node[]): Node[] {
  const order = reachable(outputs);
  const { groupOf, computed } = formGroups(order, outputs);
  const rebuilt = new Map<Node, Node>();
  for (const node of order) if (computed.has(node)) rebuilt.set(node, rebuild(node, groupOf, rebuilt));
  return outputs.map((node) => rebuilt.get(node) as Node);
}

/** Decides, consumers first, which nodes are computed into memory, and in whose kernel the others are. */
function formGroups(order: readonly Node[], outputs: readonly Node[]) {
  const computed = new Set(outputs);
  /** Kernels that read an elementwise node as it is. */
  const readers = new Map<Node, Set<Group>>();
  const groupOf = new Map<Node, Group>();
  for (const node of [...order].reverse()) {
    const wanted = [...(readers.get(node) ?? [])];
    if (isElementwise(node.op) && (computed.has(node) || wanted.length > 0)) {
      const joins =
        !computed.has(node) &&
        (wanted.length === 1 || isCheap(node, computed)) &&
        wanted.every((group) => fits(node, group));
      const groups = joins ? wanted : [{ members: new Set<Node>(), reads: new Map<string, Node>() }];
      if (!joins) {
        computed.add(node);
        groupOf.set(node, groups[0]);
      }
      for (const { members, reads } of groups) {
        members.add(node);
        reads.delete(keyOf(placementOf(node)));
        for (const placement of readsOf(node)) reads.set(keyOf(placement), placement.source);
      }
      for (const placement of readsOf(node)) {
        const { source } = placement;
        if (!isValueOf(placement, node)) computed.add(source);
        else readers.set(source, new Set([...(readers.get(source) ?? []), ...groups]));
      }
    } else if (computed.has(node)) {
      const { source } = placementOf(node);
      if (source === node || kernelOp(node).aliases !== undefined) for (const input of node.inputs) computed.add(input);
      else computed.add(source);
    }
  }
  return { groupOf, computed };
}

/** Whether a node reads the value of an elementwise op, element by element. */
const isValueOf = ({ source, view }: Placement, { shape }: Node): boolean =>
  isElementwise(source.op) && sameShape(source.shape, shape) && isWhole(view, shape);

/**
 * Whether a value that several kernels need is better computed by each of them: by a few easy operations on one large tensor
 * that lies in memory anyway, which they read instead of it. A normalised x, for example, which would live as long as x.
 */
function isCheap(node: Node, computed: ReadonlySet<Node>): boolean {
  const large = new Set<Node>();
  let operations = 0;
  const visit = (each: Node): boolean => {
    if (++operations > MOST_REPEATED || isCostly(each.op)) return false;
    return readsOf(each).every((placement) => {
      const { source } = placement;
      if (isValueOf(placement, each) && !computed.has(source)) return visit(source);
      if (4 * source.size > node.size) large.add(source);
      return large.size <= 1;
    });
  };
  return visit(node);
}

/** What an elementwise node reads from memory or takes from a neighbour; fills are numbers, not memory. */
const readsOf = (node: Node): Placement[] => node.inputs.map(placementOf).filter(({ source }) => !isFill(source));

/** Whether a kernel that takes in one more node stays within the limits. */
function fits(node: Node, { members, reads }: Group): boolean {
  const before = new Set(reads.values());
  const after = new Set([...before].filter((source) => source !== node));
  for (const { source } of readsOf(node)) after.add(source);
  return after.size <= Math.max(MOST_INPUTS, before.size) && members.size < MOST_OPERATIONS;
}

function rebuild(node: Node, groupOf: ReadonlyMap<Node, Group>, rebuilt: ReadonlyMap<Node, Node>): Node {
  const group = groupOf.get(node);
  const known = (input: Node) => rebuilt.get(input) as Node;
  if (group !== undefined) return kernelNode(node, group, known);
  const { source, view } = placementOf(node);
  const rearranged = source !== node && kernelOp(node).aliases === undefined;
  if (rearranged && source !== node.inputs[0])
    return fused([known(source)], { shape: node.shape, views: [{ input: 0, ...view }], operations: [] });
  return withInputs(node, node.inputs.map(known));
}

/** What an operation reads: a view of an input or the result of an earlier operation. */
type Read = { readonly view: number } | { readonly operation: number };

/** The node that computes a group; the op itself, where it stands alone and reads nothing but whole tensors. */
function kernelNode(root: Node, { members }: Group, known: (node: Node) => Node): Node {
  const inputs: Node[] = [];
  const views: InputView[] = [];
  const operations: { op: string; operands: Read[]; attributes: Attributes }[] = [];
  const operands = new Map<string, Read>();
  const addOperation = (key: string, op: string, of: Read[], attributes: Attributes): Read => {
    const operand = { operation: operations.push({ op, operands: of, attributes }) - 1 };
    operands.set(key, operand);
    return operand;
  };
  const operandFor = (placement: Placement): Read => {
    const { source, view } = placement;
    const { value, dtype } = source.attributes;
    const key = isFill(source) ? `fill ${dtype} ${Object.is(value, -0) ? '-0' : value}` : keyOf(placement);
    const existing = operands.get(key);
    if (existing !== undefined) return existing;
    if (isFill(source)) return addOperation(key, 'fill', [], { shape: [], value, dtype });
    const node = known(source);
    if (!inputs.includes(node)) inputs.push(node);
    const operand = { view: views.push({ input: inputs.indexOf(node), ...view }) - 1 };
    operands.set(key, operand);
    return operand;
  };

  for (const node of [...members].sort((a, b) => a.id - b.id))
    addOperation(keyOf(placementOf(node)), node.op.name, node.inputs.map(placementOf).map(operandFor), node.attributes);

  const plain = members.size === 1 && operations.length === 1;
  if (plain && views.every((view) => isWhole(view, root.shape) && sameShape(inputs[view.input].shape, root.shape)))
    return apply(root.op, root.inputs.map(known), root.attributes);
  const number = (operand: Read) => ('view' in operand ? operand.view : views.length + operand.operation);
  return fused(inputs, {
    shape: root.shape,
    views,
    operations: operations.map(
      ({ op, operands: of, attributes }): Operation => ({ op, operands: of.map(number), attributes }),
    ),
  });
}
