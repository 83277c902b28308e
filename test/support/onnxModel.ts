import { encode } from '../../src/models/onnx/format/message.ts';
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type ModelProto,
  modelProto,
  type NodeProto,
  type TensorProto,
} from '../../src/models/onnx/format/schema.ts';

/** Small ONNX files, as an exporter would write them. */

type AttributeValue =
  | number
  | string
  | readonly number[]
  | TensorProto
  | { readonly float: number | readonly number[] };

/** An attribute: integers are numbers, fractions `{ float: … }`. */
function attribute(name: string, value: AttributeValue): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  const { int, ints, float, floats, string, tensor } = ATTRIBUTE_TYPE;
  if (typeof value === 'number') return { ...empty, i: value, type: int };
  if (typeof value === 'string') return { ...empty, s: new TextEncoder().encode(value), type: string };
  if (Array.isArray(value)) return { ...empty, ints: [...value], type: ints };
  if ('float' in value) {
    const given = value.float;
    return typeof given === 'number'
      ? { ...empty, f: given, type: float }
      : { ...empty, floats: [...given], type: floats };
  }
  return { ...empty, t: value as TensorProto, type: tensor };
}

/** A node: `node('Add', ['a', 'b'], ['c'])`. */
export const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NodeProto => ({
  opType,
  input: [...input],
  output: [...output],
  name: `${opType} of ${output[0]}`,
  attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
});

const bytesOf = (array: Float32Array | BigInt64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A tensor of f32 in `raw_data`. */
export const floatTensor = (name: string, dims: readonly number[], values: Iterable<number>): TensorProto => ({
  name,
  dims: [...dims],
  dataType: 1,
  rawData: bytesOf(Float32Array.from(values)),
  externalData: [],
});

/** A tensor of int64 in `raw_data`. */
export const integerTensor = (name: string, dims: readonly number[], values: readonly number[]): TensorProto => ({
  name,
  dims: [...dims],
  dataType: 7,
  rawData: bytesOf(BigInt64Array.from(values, (value) => (value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value)))),
  externalData: [],
});

type Dimension = number | string;

interface OnnxParts {
  readonly opset?: number;
  readonly nodes: readonly NodeProto[];
  readonly initialisers?: readonly TensorProto[];
  /** Shapes by name. */
  readonly inputs?: Readonly<Record<string, readonly Dimension[]>>;
  /** The inputs' number of `TensorProto.DataType`; 1, float, unless given. */
  readonly inputType?: number;
  readonly outputs?: readonly string[];
}

/** A model as a message. */
export const onnxModel = ({
  opset = 17,
  nodes,
  initialisers = [],
  inputs = {},
  inputType = 1,
  outputs = ['y'],
}: OnnxParts): ModelProto => ({
  irVersion: 8,
  producerName: 'test',
  opsetImport: [{ domain: '', version: opset }],
  metadataProps: [],
  functions: [],
  graph: {
    name: 'graph',
    node: [...nodes],
    initializer: [...initialisers],
    input: Object.entries(inputs).map(([name, shape]) => ({
      name,
      type: {
        tensorType: {
          elemType: inputType,
          shape: {
            dim: shape.map((length) => (typeof length === 'number' ? { dimValue: length } : { dimParam: length })),
          },
        },
      },
    })),
    output: outputs.map((name) => ({ name })),
  },
});

/** A model as a file. */
export const onnxFile = (parts: OnnxParts): Uint8Array => encode(modelProto, onnxModel(parts));
