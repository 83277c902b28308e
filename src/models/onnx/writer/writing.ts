import { InputError } from '../../../base/errors.ts';
import { literalData, type Node, type Shape } from '../../../engine/index.ts';
import type { HostArray, HostWeights, Model, TensorSpec } from '../../network/model.ts';
import { pytorchShape, toPyTorch } from '../../network/stateDict.ts';
import type { NodeProto, TensorProto } from '../format/schema.ts';
import { type AttributeValues, nodeOf, tensorOf } from './protos.ts';

/** Writes one op as nodes of ONNX. @returns the name of its result. @throws InputError where ONNX has nothing like it */
export type NodeWriter = (node: Node, writing: Writing) => string;

/** A parameter or running statistic of the model. */
interface ModelTensor {
  readonly name: string;
  readonly spec: TensorSpec;
  readonly values: HostArray;
}

/** An ONNX graph that is being written. */
export interface Writing {
  readonly opset: number;
  /** Whether batch norm becomes part of the convolution before it. */
  readonly folds: boolean;
  /** Nodes and tensors that have been written. */
  readonly nodes: readonly NodeProto[];
  tensors(): TensorProto[];
  /** The name of a node's result, written with all that it needs. */
  name(node: Node): string;
  /** The name of an operand of an elementwise op: ONNX broadcasts, so that it may be smaller than the result. */
  operand(node: Node, others: readonly Node[]): string;
  emit(opType: string, inputs: readonly string[], attributes?: AttributeValues): string;
  /** A constant of f32. */
  number(value: number): string;
  /** Integers of an operand such as a shape. */
  integers(values: readonly number[]): string;
  /** A shape with -1 for a length that follows the batch. @throws InputError when several do */
  shapeOf(node: Node): number[];
  /** The name of an operand that holds a node's shape, whose length of the batch follows it. @throws InputError for a multiple of it */
  lengths(node: Node): string;
  /** How many nodes read a node. */
  readers(node: Node): number;
  /** The model's tensor that a node is; undefined: another node. */
  tensor(node: Node): ModelTensor | undefined;
  /** The name of a model's tensor as PyTorch and ONNX lay it out, with these values. */
  initialiser(tensor: ModelTensor, values?: HostArray): string;
  /** @throws InputError that names the op */
  fail(node: Node, why: string): never;
}

interface WritingOptions {
  readonly model: Model;
  /** The input whose first length is the batch, and what that is in the graph. */
  readonly images: { readonly name: string; readonly batch: number };
  readonly weights: HostWeights;
  readonly opset: number;
  readonly folds: boolean;
  /** Writers by the names of ops. */
  readonly writers: ReadonlyMap<string, NodeWriter>;
  /** How many nodes read each node. */
  readonly counts: ReadonlyMap<Node, number>;
  /** The node at the same place in the graph of another batch. */
  readonly twins: ReadonlyMap<Node, Node>;
}

/** A reshape that only adds axes of length 1 in front is what broadcasting does. */
function unaligned(node: Node): Node {
  if (node.op.name !== 'reshape') return node;
  const [source] = node.inputs;
  const added = node.shape.length - source.shape.length;
  const isAligned = node.shape.every((length, i) => length === (i < added ? 1 : source.shape[i - added]));
  return added >= 0 && isAligned ? source : node;
}

/** Broadcast copies and single numbers, in whose place ONNX takes what they are made of. */
const isSpread = ({ op }: Node): boolean => op.name === 'expand' || op.name === 'fill';

/** Begins a graph without nodes. */
export function beginWriting(options: WritingOptions): Writing {
  const { model, images, weights, opset, folds, writers, counts, twins } = options;
  const nodes: NodeProto[] = [];
  const tensors = new Map<string, TensorProto>();
  const names = new Map<Node, string>();
  const specs = { ...model.parameters, ...model.state };
  const numbers = { ...weights.parameters, ...weights.state };
  const keep = (name: string, make: () => TensorProto): string => {
    if (!tensors.has(name)) tensors.set(name, make());
    return name;
  };
  const fail = ({ op }: Node, why: string): never => {
    throw new InputError(`${model.name}: its op ${op.name} cannot be written as ONNX: ${why}`);
  };
  const written = (node: Node): string => {
    const { op, shape } = node;
    if (op.name === 'input') return inputName(node, writing);
    if (op.name === 'literal') {
      const name = `constant_${tensors.size}`;
      const data = literalData(node);
      // Indices.
      return keep(name, () => tensorOf(name, shape, node.dtype === 'i32' ? BigInt64Array.from(data, BigInt) : data));
    }
    const write = writers.get(op.name) ?? fail(node, 'no operator is written for it');
    return write(node, writing);
  };
  let batch: string | undefined;
  /** The name of the batch's length, which the graph computes once. */
  const batchLength = (): string => {
    const [from, to] = [0, 1].map((each) => writing.integers([each]));
    batch ??= writing.emit('Slice', [writing.emit('Shape', [images.name]), from, to]);
    return batch;
  };
  const writing: Writing = {
    opset,
    folds,
    nodes,
    tensors: () => [...tensors.values()],
    fail,
    name: (node) => {
      const name = names.get(node) ?? written(node);
      names.set(node, name);
      return name;
    },
    operand: (node, others) => {
      const isCopied = node.op.name === 'expand' && others.some((other) => !isSpread(other));
      const source = isCopied ? unaligned(node.inputs[0]) : node;
      return source.op.name === 'fill' ? writing.number(source.attributes.value as number) : writing.name(source);
    },
    emit: (opType, inputs, attributes = {}) => {
      const output = `${opType}_${nodes.length}`;
      nodes.push(nodeOf(opType, inputs, output, attributes));
      return output;
    },
    number: (value) => keep(`number_${value}`, () => tensorOf(`number_${value}`, [], Float32Array.of(value))),
    integers: (values) => {
      const name = `integers_${values.join('_')}`;
      return keep(name, () => tensorOf(name, [values.length], BigInt64Array.from(values, BigInt)));
    },
    shapeOf: (node) => {
      const other = twins.get(node)?.shape ?? node.shape;
      const follows = (length: number, axis: number) => length !== other[axis];
      if (node.shape.filter(follows).length > 1) fail(node, 'several lengths of its shape follow the batch');
      return node.shape.map((length, axis) => (follows(length, axis) ? -1 : length));
    },
    lengths: (node) => {
      const shape = writing.shapeOf(node);
      const axis = shape.indexOf(-1);
      if (axis === -1) return writing.integers(shape);
      if (node.shape[axis] !== images.batch) fail(node, 'copies along a multiple of the batch are not written');
      const parts = [shape.slice(0, axis), shape.slice(axis + 1)].map((part) =>
        part.length === 0 ? [] : [writing.integers(part)],
      );
      return writing.emit('Concat', [...parts[0], batchLength(), ...parts[1]], { axis: 0 });
    },
    readers: (node) => counts.get(node) ?? 0,
    tensor: ({ op, attributes }) => {
      const name = String(attributes.name);
      if (op.name !== 'input' || !Object.hasOwn(specs, name)) return undefined;
      return { name, spec: specs[name], values: numbers[name] };
    },
    initialiser: ({ name, spec, values }, changed = values) =>
      keep(name, () => tensorOf(name, pytorchShape(spec) as Shape, toPyTorch(spec, changed))),
  };
  return writing;
}

/** A tensor of the model by its name, in the device's layout; other inputs by theirs. */
function inputName(node: Node, writing: Writing): string {
  const tensor = writing.tensor(node);
  if (tensor === undefined) return String(node.attributes.name);
  const name = writing.initialiser(tensor);
  return tensor.spec.layout === 'conv' ? writing.emit('Transpose', [name], { perm: [1, 2, 3, 0] }) : name;
}
