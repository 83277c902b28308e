/** A network's file with other weights, such as trained ones. */
import { InputError } from '../../../base/errors.ts';
import { encodeF16 } from '../../../engine/index.ts';
import { quote } from '../../checkpoint/header.ts';
import type { HostArray, HostWeights, Model } from '../../network/model.ts';
import { toPyTorch } from '../../network/stateDict.ts';
import { type ElementType, elementTypeOf } from '../format/elementType.ts';
import { encode } from '../format/message.ts';
import { decodeModel, inOneFile, type OnnxFile } from '../format/model.ts';
import { type GraphProto, modelProto, type NodeProto, type TensorProto } from '../format/schema.ts';
import { roundToBfloat16 } from '../format/tensor.ts';
import { readingEntry } from './keepOnnx.ts';
import type { OnnxNetwork } from './loadOnnx.ts';

/**
 * The bytes of a network in one file: the graph as it was read, with these weights, rounded to the file's types. Nodes that would go on
 * training (batch norm by the batch's statistics, dropout) are made those of inference. `loadOnnx` reads it as the network was read.
 * @param entries of its metadata, beside those of the file
 * @throws InputError where data in other files cannot be read, or a weight is of a type that is not written
 */
export function withWeights(
  file: OnnxFile,
  { model, reading }: Pick<OnnxNetwork, 'model' | 'reading'>,
  weights: HostWeights,
  entries: Readonly<Record<string, string>> = {},
): Uint8Array {
  const whole = decodeModel(inOneFile(file, { ...readingEntry(reading), ...entries }), file.file);
  const numbers = numbersOf(model, weights);
  const replaced = (tensor: TensorProto, name: string | undefined = tensor.name): TensorProto => {
    const values = numbers.get(name ?? '');
    return values === undefined ? tensor : withNumbers(tensor, values(), file.file);
  };
  const { initializer, node, ...graph } = whole.graph;
  const nodes = node.map((each) => ({
    ...each,
    // Some exporters write weights as nodes `Constant`, which are known by the names of their outputs.
    attribute: each.attribute.map((given) =>
      given.t === undefined ? given : { ...given, t: replaced(given.t, each.output[0]) },
    ),
  }));
  const trained = { ...graph, initializer: initializer.map((tensor) => replaced(tensor)), node: nodes };
  return encode(modelProto, { ...whole, graph: forInference(trained) });
}

/** Numbers as ONNX lays them out, made when they are needed. */
function numbersOf(model: Model, { parameters, state }: HostWeights): ReadonlyMap<string, () => HostArray> {
  const entries = (specs: Model['parameters'], values: HostWeights['parameters']) =>
    Object.keys(specs).map((name): [string, () => HostArray] => [name, () => toPyTorch(specs[name], values[name])]);
  return new Map([...entries(model.parameters, parameters), ...entries(model.state, state)]);
}

/** A tensor's type, and its bytes for numbers. */
const ENCODED: Partial<Record<ElementType, (values: HostArray) => Uint8Array>> = {
  float: (values) => bytesOf(Float32Array.from(values)),
  double: (values) => bytesOf(Float64Array.from(values)),
  float16: (values) => bytesOf(Uint16Array.from(values, encodeF16)),
  bfloat16: (values) => bytesOf(Uint16Array.from(Float32Array.from(values, roundToBfloat16), upperHalf)),
};

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

const upperHalf = (value: number): number => new Uint32Array(Float32Array.of(value).buffer)[0] >>> 16;

function withNumbers({ name, dims, dataType }: TensorProto, values: HostArray, file: string): TensorProto {
  const type = elementTypeOf(dataType);
  const encoded = type && ENCODED[type];
  if (encoded === undefined)
    throw new InputError(
      `${file}: its weight ${quote(name ?? '')} is of ${type}, to which trained numbers are not written`,
    );
  return { name, dims, dataType, rawData: encoded(values), externalData: [] };
}

/** A graph whose batch norm takes the running statistics, and whose dropout drops nothing. */
function forInference(graph: GraphProto): GraphProto {
  const read = new Set([...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name ?? '')]);
  return { ...graph, node: graph.node.map((node) => (isFree(node, read) ? inferring(node) : node)) };
}

/** Whether nothing reads the further outputs of a node, which it has in training alone. */
const isFree = ({ output }: NodeProto, read: ReadonlySet<string>): boolean =>
  output.slice(1).every((name) => !read.has(name));

function inferring(node: NodeProto): NodeProto {
  const { opType, input, output, attribute } = node;
  if (opType === 'BatchNormalization')
    return { ...node, output: output.slice(0, 1), attribute: attribute.filter(({ name }) => name !== 'training_mode') };
  // Its further inputs are the share that is dropped, and whether it is.
  if (opType === 'Dropout' && input.length > 2)
    return { ...node, input: input.slice(0, 1), output: output.slice(0, 1), attribute: [] };
  return node;
}
