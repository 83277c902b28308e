import { InputError } from '../../../base/errors.ts';
import { elements } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import { type ElementType, elementTypeOf, isFloating } from '../format/elementType.ts';
import { decodeModel } from '../format/model.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from '../format/schema.ts';
import { type HostTensor, type ReadExternal, readTensor, type TensorSource, tensorType } from '../format/tensor.ts';
import { NEWEST_OPSET, OLDEST_OPSET, operatorOf } from '../operators/catalogue.ts';
import type { Operator } from '../operators/defineOperator.ts';
import { nodeText } from './call.ts';
import type { Applied } from './lowerGraph.ts';

/** An input or output of a graph as the file declares it. */
export interface Declared {
  readonly name: string;
  /** Undefined where the file does not tell one that is read. */
  readonly type: ElementType | undefined;
  /** Lengths: a number, a name that stands for any number, or null. Undefined where the file tells no shape. */
  readonly shape: readonly (number | string | null)[] | undefined;
}

/** A graph of an ONNX file, its nodes checked to be ones that can be lowered. */
export interface OnnxGraph {
  readonly file: string;
  /** Version of the operator set `ai.onnx`. */
  readonly opset: number;
  /** The program that wrote the file, as it says. */
  readonly producer: string;
  /** What the file says of itself beside the graph, by its names. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly inputs: readonly Declared[];
  readonly outputs: readonly Declared[];
  readonly initialisers: ReadonlyMap<string, Initialiser>;
  /** The nodes that the outputs depend on, each after those whose outputs it reads. */
  readonly nodes: readonly Applied[];
  readonly source: TensorSource;
}

export interface Initialiser {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The numbers, a view of the file where possible. @throws InputError */
  read(): HostTensor;
}

export interface OpenOptions {
  /** Names the file in messages. */
  readonly file?: string;
  /** Reads what lies in other files. Left out: a model of several files is refused. */
  readonly readExternal?: ReadExternal;
  /** The outputs to compute; those of the file unless given, or any values of the graph. */
  readonly outputs?: readonly string[];
}

/**
 * Reads an ONNX file. Weights are not copied: they are views of the bytes.
 * @throws InputError that says in one line what cannot be read
 */
export function openOnnx(bytes: Uint8Array, options: OpenOptions = {}): OnnxGraph {
  const { file = 'model.onnx', readExternal } = options;
  const model = decodeModel(bytes, file);
  const { graph } = model;
  const source = { file, readExternal };
  const inNodes = graph.node.flatMap(weightInNode);
  const initialisers = new Map([...graph.initializer, ...inNodes].map((tensor) => initialiserOf(tensor, source)));
  const inputs = graph.input.filter(({ name }) => !initialisers.has(name ?? '')).map(declared);
  const outputs = wanted(graph.output.map(declared), options.outputs);
  const known = [...initialisers.keys(), ...inputs.map(({ name }) => name)];
  return {
    file,
    opset: opsetOf(model, '', file),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    metadata: metadataOf(model),
    inputs,
    outputs,
    initialisers,
    nodes: withOperators(needed(checkedOrder(graph, model, known, file), outputs, known, file), model, file),
    source,
  };
}

/** What a file says of itself beside the graph, by its names. */
export const metadataOf = ({ metadataProps }: ModelProto): ReadonlyMap<string, string> =>
  new Map(metadataProps.map(({ key = '', value = '' }) => [key, value]));

/** The version of an operator set. @throws InputError when it is not one that is read */
function opsetOf({ opsetImport }: ModelProto, domain: string, file: string): number {
  const entry = opsetImport.find((each) => canonical(each.domain) === domain);
  const version = entry?.version ?? OLDEST_OPSET;
  if (version < OLDEST_OPSET || version > NEWEST_OPSET)
    throw new InputError(
      `${file}: is of opset ${version}; outlast reads ${OLDEST_OPSET} to ${NEWEST_OPSET}: convert it with onnx.version_converter`,
    );
  return version;
}

/** The domain of ONNX's own operators has two names. */
const canonical = (domain = ''): string => (domain === 'ai.onnx' ? '' : domain);

/**
 * The tensor of a node `Constant`, where it has more than one number with fractions: some exporters, such as Paddle's, write weights so.
 * It is read as an initialiser of the name of the node's output.
 */
function weightInNode({ opType, output: [name], attribute }: NodeProto): TensorProto[] {
  if (opType !== 'Constant') return [];
  const tensor = attribute.find((each) => each.name === 'value')?.t;
  const type = elementTypeOf(tensor?.dataType);
  if (tensor === undefined || type === undefined || !isFloating(type) || elements(tensor.dims) < 2) return [];
  return [{ ...tensor, name }];
}

function initialiserOf(tensor: TensorProto, source: TensorSource): [string, Initialiser] {
  return [tensor.name ?? '', { ...tensorType(tensor, source.file), read: () => readTensor(tensor, source) }];
}

function declared({ name = '', type }: ValueInfoProto): Declared {
  const tensor = type?.tensorType;
  return {
    name,
    type: elementTypeOf(tensor?.elemType),
    shape: tensor?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? (dimParam || null)),
  };
}

/** The outputs to compute. */
function wanted(all: readonly Declared[], names: readonly string[] | undefined): readonly Declared[] {
  return (
    names?.map((name) => all.find((each) => each.name === name) ?? { name, type: undefined, shape: undefined }) ?? all
  );
}

/** The nodes with their operators. @throws InputError when one reads what no node before it gives, or gives what there is already */
function checkedOrder(graph: GraphProto, model: ModelProto, known: readonly string[], file: string): NodeProto[] {
  const there = new Set(known);
  if (there.size < known.length) throw new InputError(`${file}: two of its inputs and initialisers have one name`);
  const opset = opsetOf(model, '', file);
  const nodes = graph.node.filter((node) => weightInNode(node).length === 0);
  for (const node of nodes) {
    for (const name of node.input)
      if (name !== '' && !there.has(name))
        throw new InputError(
          `${file}: ${nodeText(node, opset)} reads ${quote(name)}, which is no input, no initialiser and not given by a node before it`,
        );
    for (const name of node.output) {
      if (name !== '' && there.has(name))
        throw new InputError(`${file}: ${nodeText(node, opset)} gives ${quote(name)}, which there is already`);
      there.add(name);
    }
  }
  return nodes;
}

/** The nodes that outputs depend on, in their order. @throws InputError when nothing gives an output */
function needed(
  nodes: readonly NodeProto[],
  outputs: readonly Declared[],
  known: readonly string[],
  file: string,
): NodeProto[] {
  const wanted = new Set(outputs.map(({ name }) => name));
  const available = new Set([...known, ...nodes.flatMap(({ output }) => output)]);
  const missing = [...wanted].find((name) => !available.has(name));
  if (missing !== undefined) throw new InputError(`${file}: nothing gives the output ${quote(missing)}`);
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => name !== '' && wanted.has(name))) continue;
    for (const name of node.input) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}

/** The nodes with their operators. @throws InputError that names the first that is not supported, and counts the others */
function withOperators(nodes: readonly NodeProto[], model: ModelProto, file: string): Applied[] {
  const opset = opsetOf(model, '', file);
  const unsupported = nodes.filter((node) => whyNot(node, opset) !== null);
  if (unsupported.length > 0) {
    const [first] = unsupported;
    const others = new Set(unsupported.map(({ opType }) => opType)).size - 1;
    const more = others > 0 ? `; ${others} more of its operators are not supported` : '';
    throw new InputError(`${file}: ${nodeText(first, opset)}: ${whyNot(first, opset)}${more}`);
  }
  return nodes.map((proto) => ({ proto, operator: operatorOf(proto.opType ?? '') as Operator, opset }));
}

/** Why a node cannot be computed, and what would help; null: it can. */
function whyNot({ opType = '', domain }: NodeProto, opset: number): string | null {
  if (canonical(domain) !== '')
    return `operators of the domain ${quote(domain ?? '')} are not supported; export the model with operators of ONNX alone`;
  const operator = operatorOf(opType);
  if (operator === undefined)
    return `the operator is not supported; docs/onnx.md lists those that are, which an export or onnxsim may use instead`;
  if (opset < operator.since[0])
    return `the operator is read from opset ${operator.since[0]} on; convert the model with onnx.version_converter`;
  return null;
}
