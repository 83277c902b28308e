/** The messages of ONNX that are read, with the field numbers of its `onnx.proto` (ONNX 1.23, IR version 14); others are skipped. */
import { bytes, float, floats, integer, integers, list, type Message, message, packed, text } from './message.ts';

/** A model: a graph and the operator sets that its nodes are of. */
export interface ModelProto {
  irVersion?: number;
  producerName?: string;
  producerVersion?: string;
  graph?: GraphProto;
  opsetImport: OperatorSetIdProto[];
  metadataProps: StringStringEntryProto[];
  functions: FunctionProto[];
}

export const modelProto: Message<ModelProto> = {
  name: 'a model',
  fields: () => ({
    irVersion: integer(1),
    producerName: text(2),
    producerVersion: text(3),
    graph: message(7, () => graphProto),
    opsetImport: list(message(8, () => operatorSetIdProto)),
    metadataProps: list(message(14, () => stringStringEntryProto)),
    functions: list(message(25, () => functionProto)),
  }),
};

export interface OperatorSetIdProto {
  domain?: string;
  version?: number;
}

const operatorSetIdProto: Message<OperatorSetIdProto> = {
  name: 'an operator set',
  fields: () => ({ domain: text(1), version: integer(2) }),
};

export interface StringStringEntryProto {
  key?: string;
  value?: string;
}

const stringStringEntryProto: Message<StringStringEntryProto> = {
  name: 'an entry',
  fields: () => ({ key: text(1), value: text(2) }),
};

/** A function of the model's own, which its nodes may name as an operator. */
export interface FunctionProto {
  name?: string;
  domain?: string;
}

const functionProto: Message<FunctionProto> = {
  name: 'a function',
  fields: () => ({ name: text(1), domain: text(10) }),
};

export interface GraphProto {
  name?: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

const graphProto: Message<GraphProto> = {
  name: 'a graph',
  fields: () => ({
    node: list(message(1, () => nodeProto)),
    name: text(2),
    initializer: list(message(5, () => tensorProto)),
    input: list(message(11, () => valueInfoProto)),
    output: list(message(12, () => valueInfoProto)),
  }),
};

export interface NodeProto {
  input: string[];
  output: string[];
  name?: string;
  opType?: string;
  attribute: AttributeProto[];
  domain?: string;
}

const nodeProto: Message<NodeProto> = {
  name: 'a node',
  fields: () => ({
    input: list(text(1)),
    output: list(text(2)),
    name: text(3),
    opType: text(4),
    attribute: list(message(5, () => attributeProto)),
    domain: text(7),
  }),
};

/** The numbers of `AttributeProto.type`. */
export const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 };

export interface AttributeProto {
  name?: string;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
  type?: number;
}

const attributeProto: Message<AttributeProto> = {
  name: 'an attribute',
  fields: () => ({
    name: text(1),
    f: float(2),
    i: integer(3),
    s: bytes(4),
    t: message(5, () => tensorProto),
    g: message(6, () => graphProto),
    floats: floats(7),
    ints: integers(8),
    strings: list(bytes(9)),
    type: integer(20),
  }),
};

/** Whether the data of a tensor lie in a file of their own: a value of `dataLocation`. */
export const EXTERNAL = 1;

export interface TensorProto {
  dims: number[];
  dataType?: number;
  floatData?: Uint8Array;
  int32Data?: Uint8Array;
  int64Data?: Uint8Array;
  name?: string;
  rawData?: Uint8Array;
  doubleData?: Uint8Array;
  uint64Data?: Uint8Array;
  externalData: StringStringEntryProto[];
  dataLocation?: number;
}

export const tensorProto: Message<TensorProto> = {
  name: 'a tensor',
  fields: () => ({
    dims: integers(1),
    dataType: integer(2),
    floatData: packed(4),
    int32Data: packed(5),
    int64Data: packed(7),
    name: text(8),
    rawData: bytes(9),
    doubleData: packed(10),
    uint64Data: packed(11),
    externalData: list(message(13, () => stringStringEntryProto)),
    dataLocation: integer(14),
  }),
};

export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
}

const valueInfoProto: Message<ValueInfoProto> = {
  name: 'a value',
  fields: () => ({ name: text(1), type: message(2, () => typeProto) }),
};

export interface TypeProto {
  tensorType?: TensorTypeProto;
}

const typeProto: Message<TypeProto> = {
  name: 'a type',
  fields: () => ({ tensorType: message(1, () => tensorTypeProto) }),
};

export interface TensorTypeProto {
  elemType?: number;
  shape?: TensorShapeProto;
}

const tensorTypeProto: Message<TensorTypeProto> = {
  name: "a tensor's type",
  fields: () => ({ elemType: integer(1), shape: message(2, () => tensorShapeProto) }),
};

export interface TensorShapeProto {
  dim: DimensionProto[];
}

const tensorShapeProto: Message<TensorShapeProto> = {
  name: 'a shape',
  fields: () => ({ dim: list(message(1, () => dimensionProto)) }),
};

export interface DimensionProto {
  dimValue?: number;
  dimParam?: string;
}

const dimensionProto: Message<DimensionProto> = {
  name: 'a dimension',
  fields: () => ({ dimValue: integer(1), dimParam: text(2) }),
};
