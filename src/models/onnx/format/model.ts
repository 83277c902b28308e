/** A whole model: its message, and its data where they lie in other files. */
import { InputError } from '../../../base/errors.ts';
import { decode, encode } from './message.ts';
import { EXTERNAL, type GraphProto, type ModelProto, modelProto, type TensorProto } from './schema.ts';
import { externalBytes, externalLocation, type TensorSource } from './tensor.ts';

/** A model's bytes, its name in messages, and what reads the data that are not among them. */
export interface OnnxFile extends TensorSource {
  readonly bytes: Uint8Array;
}

/** A model with what every one has. */
export type WholeModel = ModelProto & { readonly graph: GraphProto };

/** @throws InputError when the bytes are no ONNX model */
export function decodeModel(bytes: Uint8Array, file: string): WholeModel {
  const model = decode(modelProto, bytes, file);
  const { graph, opsetImport } = model;
  if (graph === undefined || opsetImport.length === 0)
    throw new InputError(`${file}: holds no graph and operator sets: not an ONNX model`);
  return { ...model, graph };
}

/** The tensors of a graph, those of its nodes' attributes and of graphs within them, too. */
function tensorsOf({ initializer, node }: GraphProto): TensorProto[] {
  const inAttributes = node.flatMap(({ attribute }) =>
    attribute.flatMap(({ t, g }) => [...(t === undefined ? [] : [t]), ...(g === undefined ? [] : tensorsOf(g))]),
  );
  return [...initializer, ...inAttributes];
}

const externalTensors = ({ graph }: WholeModel): TensorProto[] =>
  tensorsOf(graph).filter(({ dataLocation }) => dataLocation === EXTERNAL);

/** The other files that a model's data lie in, as it names them, each once in the order of its tensors. @throws InputError */
export function externalLocations(bytes: Uint8Array, file: string): string[] {
  const tensors = externalTensors(decodeModel(bytes, file));
  return [...new Set(tensors.map((tensor) => externalLocation(tensor, file)))];
}

/**
 * A model in one file: its own bytes with the data of other files in them, and some entries more of its metadata. What outlast does not
 * read of a model, such as its documentation, is left out.
 * @throws InputError where the data cannot be read
 */
export function inOneFile({ bytes, ...source }: OnnxFile, entries: Readonly<Record<string, string>>): Uint8Array {
  const model = decodeModel(bytes, source.file);
  for (const tensor of externalTensors(model)) {
    const rawData = externalBytes(tensor, source);
    Object.assign(tensor, { rawData, externalData: [], dataLocation: undefined });
  }
  const added = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const kept = model.metadataProps.filter(({ key }) => !Object.hasOwn(entries, key ?? ''));
  return encode(modelProto, { ...model, metadataProps: [...kept, ...added] });
}
