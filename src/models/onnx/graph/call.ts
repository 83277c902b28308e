import { InputError } from '../../../base/errors.ts';
import { type DType, type Node, ShapeError } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import type { Storing } from '../../network/precision.ts';
import type { ElementType } from '../format/elementType.ts';
import { ATTRIBUTE_TYPE, type AttributeProto, type NodeProto } from '../format/schema.ts';
import { type HostTensor, readTensor, type TensorSource } from '../format/tensor.ts';
import { computed, formatOf, type Value } from './value.ts';

/**
 * What an initialiser is read as: a tensor, a convolution's weight in the device's layout, the factor of a normalisation, a running
 * statistic.
 */
export type ParameterUse = 'plain' | 'conv' | 'scale' | 'state';

/** How a graph is lowered. */
export interface Lowering {
  /** The format of all types with fractions; null: each has its own. */
  readonly floats: DType | null;
  /** What rounds activations and weights, in a model of a precision. */
  readonly storing: Storing | null;
  /** Batch norm uses the batch's statistics. */
  readonly training: boolean;
  /** Whether an initialiser may become a parameter of the model. */
  trains(name: string): boolean;
  /** The node of an initialiser that is a parameter or state of the model; null: it is a constant. */
  parameter(name: string, use: ParameterUse): Node | null;
  /** The batch that the file was written for, where it has a fixed one, and the batch that it is lowered for. */
  readonly batch?: { readonly declared: number; readonly actual: number };
  /** Elements that a node may give; any number unless given. */
  readonly mostElements?: number;
  /** Called for each initialiser whose numbers were read. */
  constant(name: string): void;
  /** Called with what a batch was observed to have where the state of this name has its running average. */
  observe(name: string, value: Node): void;
}

/** An application of an operator: its inputs and attributes, checked as they are read. */
export interface Call {
  readonly opset: number;
  readonly lowering: Lowering;
  readonly inputs: readonly (Value | undefined)[];
  /** How many outputs the graph names. */
  readonly outputs: number;
  has(index: number): boolean;
  /** @throws InputError when it is missing, as in all that follow */
  input(index: number): Value;
  node(index: number): Node;
  /** An input that training leaves as it is. */
  fixed(index: number): Node;
  /** An initialiser as a parameter that is more than a plain tensor; null: the input is none, or is read in other ways as well. */
  parameter(index: number, use: ParameterUse): Node | null;
  /** An input that is multiplied as a weight: rounded as the model's precision says. */
  weight(index: number): Node;
  /** An input whose numbers must be known before the graph runs. */
  host(index: number): HostTensor;
  numbers(index: number): number[];
  attribute(name: string): boolean;
  int(name: string, otherwise?: number): number;
  float(name: string, otherwise?: number): number;
  text(name: string, otherwise?: string): string;
  ints(name: string, otherwise?: readonly number[]): number[];
  floats(name: string): number[];
  tensor(name: string): HostTensor;
  /** The device's format of a type. */
  format(type: ElementType): DType;
  /** An output; of the first input's type unless given. */
  output(node: Node, type?: ElementType): Value;
  /** @throws InputError that names the node */
  fail(why: string): never;
}

/** What messages call a node: `node "conv1" (Conv, opset 11)`. */
export function nodeText({ name, output, opType, domain }: NodeProto, opset: number): string {
  const operator = domain ? `${domain}.${opType}` : String(opType);
  const label = name || output[0];
  // A name that is no word comes from a damaged file.
  const shown = /^[\w.]{1,80}$/.test(operator) ? operator : quote(operator);
  return `node ${quote(label ?? '')} (${shown}, opset ${opset})`;
}

interface CallOf {
  readonly proto: NodeProto;
  readonly inputs: readonly (Value | undefined)[];
  readonly opset: number;
  readonly lowering: Lowering;
  readonly source: TensorSource;
}

export function callOf({ proto, inputs, opset, lowering, source }: CallOf): Call {
  const fail = (why: string): never => {
    throw new InputError(`${source.file}: ${nodeText(proto, opset)}: ${why}`);
  };
  const input = (index: number): Value => inputs[index] ?? fail(`its input ${index} is missing`);
  const host = (index: number): HostTensor =>
    input(index).known?.() ?? fail(`its input ${quote(proto.input[index])} must be known before the graph runs`);
  const fixed = (index: number): Node => {
    input(index).known?.();
    return input(index).node();
  };
  return {
    ...attributesOf(proto, source, fail),
    opset,
    lowering,
    inputs,
    outputs: proto.output.filter((name) => name !== '').length,
    has: (index) => inputs[index] !== undefined,
    input,
    node: (index) => input(index).node(),
    fixed,
    parameter: (index, use) => {
      const name = input(index).initialiser;
      return name === undefined ? null : lowering.parameter(name, use);
    },
    weight: (index) => {
      const value = input(index);
      const rounds = lowering.storing !== null && (value.trainable || value.known !== undefined);
      return rounds ? lowering.storing.weight(value.node()) : value.node();
    },
    host,
    numbers: (index) => Array.from(host(index).data),
    format: (type) => formatOf(type, lowering.floats),
    output: (node, type = input(0).type) => computed(type, node),
    fail,
  };
}

type Attributes = Pick<Call, 'attribute' | 'int' | 'float' | 'text' | 'ints' | 'floats' | 'tensor'>;

/** The attributes of a node. Their type is checked where the file tells it, which files of IR version 1 did not. */
function attributesOf(proto: NodeProto, source: TensorSource, fail: Call['fail']): Attributes {
  const byName = new Map(proto.attribute.map((attribute) => [attribute.name ?? '', attribute]));
  const read = <T>(
    name: string,
    type: keyof typeof ATTRIBUTE_TYPE,
    pick: (attribute: AttributeProto) => T | undefined,
    otherwise: T | undefined,
  ): T => {
    const attribute = byName.get(name);
    if (attribute === undefined) return otherwise ?? fail(`its attribute ${name} is missing`);
    if (attribute.type !== undefined && attribute.type !== 0 && attribute.type !== ATTRIBUTE_TYPE[type])
      return fail(`its attribute ${name} is not of the type ${type}`);
    return pick(attribute) ?? otherwise ?? fail(`its attribute ${name} has no value`);
  };
  return {
    attribute: (name) => byName.has(name),
    int: (name, otherwise) => read(name, 'int', ({ i }) => i, otherwise),
    float: (name, otherwise) => read(name, 'float', ({ f }) => f, otherwise),
    text: (name, otherwise) => read(name, 'string', ({ s }) => s && new TextDecoder().decode(s), otherwise),
    ints: (name, otherwise) =>
      read(name, 'ints', ({ ints }) => ints, otherwise === undefined ? undefined : [...otherwise]),
    floats: (name) => read(name, 'floats', ({ floats }) => floats, undefined),
    tensor: (name) =>
      readTensor(
        read(name, 'tensor', ({ t }) => t, undefined),
        source,
      ),
  };
}

/** What a function returns; what the engine refuses is said with the node's name. */
export function withNode<T>(call: Call, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (error instanceof ShapeError) return call.fail(error.message);
    throw error;
  }
}
