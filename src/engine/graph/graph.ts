import { ShapeError } from '../errors.ts';
import { type DType, holds, type TypedArray } from './dtype.ts';
import { type Attributes, type KernelOp, Node, type Op, type OpDefinition } from './op.ts';
import { checkedShape, elements, isTensorType, type Shape, type TensorType } from './shape.ts';
import { type MapTree, mapTree } from './tree.ts';

/** A function's inputs and outputs as symbolic values, ready for gradients, fusion and planning. */
export interface Graph<I = unknown, O = unknown> {
  readonly name: string;
  readonly inputs: I;
  readonly outputs: O;
}

/** A tensor's type: `spec([16, 10])` is f32, `spec([16], 'i32')` holds labels. */
export function spec(shape: Shape, dtype: DType = 'f32'): TensorType {
  return { shape: checkedShape('spec', shape), dtype };
}

/** Nodes by first input, then by op, attributes and all inputs. A weak map, so that a graph lives as long as its owner. */
const interned = new WeakMap<Node, Map<string, Node>>();

/** Numbers of ops in the order of their first use: two definitions are two ops, whatever their names. */
const opNumbers = new WeakMap<OpDefinition, number>();
let opCount = 0;

function opNumber(op: OpDefinition): number {
  const number = opNumbers.get(op) ?? ++opCount;
  opNumbers.set(op, number);
  return number;
}

/**
 * Applies an op: infers the type, and returns the existing node if the same op was applied to the same inputs before.
 * @throws ShapeError that names the op and its operands' types
 */
export function apply<A extends Attributes>(op: OpDefinition<A>, inputs: readonly Node[], attributes: A): Node {
  const type = op.infer(inputs, attributes);
  const shape = checkedShape(op.name, type.shape);
  if (inputs.length === 0) return new Node(op, inputs, attributes, shape, type.dtype);
  const key = `${opNumber(op)}(${inputs.map((input) => input.id).join()})${JSON.stringify(attributes, exact)}`;
  let siblings = interned.get(inputs[0]);
  if (siblings === undefined) {
    siblings = new Map();
    interned.set(inputs[0], siblings);
  }
  let node = siblings.get(key);
  if (node === undefined) {
    node = new Node(op, inputs, attributes, shape, type.dtype);
    siblings.set(key, node);
  }
  return node;
}

/** Declares an op. */
export function defineOp<A extends Attributes>(definition: OpDefinition<A>): Op<A> {
  const op = (inputs: readonly Node[], attributes: A) => apply(definition, inputs, attributes);
  return Object.assign(op, { definition });
}

/** The node's op applied to these inputs: the node itself if they are its own. */
export const withInputs = (node: Node, inputs: readonly Node[]): Node =>
  inputs.every((input, i) => input === node.inputs[i]) ? node : apply(node.op, inputs, node.attributes);

/** JSON would merge -0 with 0, the infinities with null, and definitions of ops that look alike. */
function exact(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return `number ${1 / value} ${value}`;
  const number = typeof value === 'object' && value !== null ? opNumbers.get(value as OpDefinition) : undefined;
  return number === undefined ? value : `op ${number}`;
}

function leafOp(name: string): KernelOp<Attributes> {
  return {
    name,
    infer: () => {
      throw new ShapeError(`${name} is a leaf and is not applied`);
    },
    derivative: null,
    kernel: () => [],
    cost: () => ({ flops: 0, bytes: 0 }),
  };
}

export const inputOp = leafOp('input');
export const literalOp = leafOp('literal');

/** A symbolic input; `trace` makes these. */
export function input(type: TensorType, name: string): Node {
  return new Node(inputOp, [], { name }, checkedShape(name, type.shape), type.dtype);
}

const literals = new WeakMap<Node, TypedArray>();

/** A tensor whose values are constants of the graph: uploaded once, when it is compiled. */
export function literal(data: TypedArray, shape: Shape, dtype: DType = 'f32'): Node {
  if (!holds(data, dtype)) throw new ShapeError(`literal: ${data.constructor.name} does not hold ${dtype}`);
  if (data.length !== elements(shape))
    throw new ShapeError(`literal: ${data.length} elements do not fill the shape [${shape.join(', ')}]`);
  const node = new Node(literalOp, [], {}, checkedShape('literal', shape), dtype);
  literals.set(node, data);
  return node;
}

/** The data of a `literal` node. */
export function literalData(node: Node): TypedArray {
  const data = literals.get(node);
  if (data === undefined) throw new ShapeError(`node ${node.id} (${node.op.name}) is not a literal`);
  return data;
}

/**
 * Runs a function over symbolic inputs of the given types and records what it computes.
 * @param name appears in error messages and profiles; the function's own name if it has one
 */
export function trace<I, O>(
  fn: (inputs: MapTree<I, TensorType, Node>) => O,
  specs: I,
  name: string = fn.name || 'graph',
): Graph<MapTree<I, TensorType, Node>, O> {
  const inputs = mapTree(specs, isTensorType, input);
  return { name, inputs, outputs: fn(inputs) };
}

/** How often each of the nodes is read by another; outputs as if by infinitely many. */
export function readersOf(nodes: readonly Node[], outputs: readonly Node[]): ReadonlyMap<Node, number> {
  const readers = new Map<Node, number>();
  for (const node of outputs) readers.set(node, Number.POSITIVE_INFINITY);
  for (const { inputs } of nodes) for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  return readers;
}

/** Every node that the outputs depend on, inputs before consumers, in order of creation. */
export function reachable(outputs: readonly Node[]): Node[] {
  const seen = new Set<Node>();
  const stack = [...outputs];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push(...node.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
