import { InputError } from '../../../base/errors.ts';
import { type DType, isNode, type Node } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import type { ElementType } from '../format/elementType.ts';
import type { HostTensor } from '../format/tensor.ts';
import type { Lowering } from './call.ts';
import { found, lowerNodes } from './lowerGraph.ts';
import type { Initialiser, OnnxGraph } from './open.ts';
import { computed, constant, formatOf, literalOf, type Value } from './value.ts';

/** Inputs by name: nodes, or numbers that are known on the host. */
export type GraphInputs = Readonly<Record<string, Node | HostTensor>>;

/**
 * Computes a graph with every type in a format of its own and every initialiser a constant.
 * @returns the outputs by name
 * @throws InputError when an input is missing or does not fit
 */
export function lowerOnnx(graph: OnnxGraph, inputs: GraphInputs): ReadonlyMap<string, Value> {
  const lowering: Lowering = {
    floats: null,
    storing: null,
    training: false,
    trains: () => false,
    parameter: () => null,
    constant: () => {},
    observe: () => {},
  };
  const entering = new Map(
    graph.inputs.flatMap(({ name, type }): [string, Value][] => {
      const value = inputs[name];
      if (value === undefined) return [];
      if (!isNode(value)) return [[name, constant(value, null)]];
      const told = type ?? typeOfFormat(value.dtype);
      if (formatOf(told, null) !== value.dtype)
        throw new InputError(`${graph.file}: the input ${quote(name)} is ${told}, which is not ${value.dtype}`);
      return [[name, computed(told, value)]];
    }),
  );
  return lowerWith(graph, entering, lowering);
}

/** The outputs of a graph by name, lowered in a given way. @throws InputError */
export function lowerWith(
  graph: OnnxGraph,
  inputs: ReadonlyMap<string, Value>,
  lowering: Lowering,
): ReadonlyMap<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, initialiser] of graph.initialisers) values.set(name, initialiserValue(name, initialiser, lowering));
  for (const [name, value] of inputs) values.set(name, value);
  lowerNodes(graph.nodes, values, lowering, graph.source);
  return new Map(graph.outputs.map(({ name }) => [name, found(values, name, graph.nodes, graph.source)]));
}

/** An initialiser: a parameter or a constant, as the lowering decides. */
function initialiserValue(name: string, { type, shape, read }: Initialiser, lowering: Lowering): Value {
  const dtype = formatOf(type, lowering.floats);
  let node: Node | undefined;
  return {
    type,
    shape,
    trainable: lowering.trains(name),
    initialiser: name,
    node: () => {
      node ??= lowering.parameter(name, 'plain') ?? literalOf(read(), dtype);
      return node;
    },
    peek: read,
    known: () => {
      lowering.constant(name);
      return read();
    },
  };
}

const TYPE_OF_FORMAT: Readonly<Partial<Record<DType, ElementType>>> = {
  f32: 'float',
  f64: 'double',
  f16: 'float16',
  i32: 'int32',
  u32: 'uint32',
  bool: 'bool',
};

const typeOfFormat = (dtype: DType): ElementType => TYPE_OF_FORMAT[dtype] ?? 'float';
