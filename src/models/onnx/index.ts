export { ELEMENT_TYPES, type ElementType, elementTypeOf } from './format/elementType.ts';
export { decode, encode } from './format/message.ts';
export type { OnnxFile } from './format/model.ts';
export {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  modelProto,
  type NodeProto,
  type TensorProto,
  tensorProto,
} from './format/schema.ts';
export { decodeTensor, type HostTensor, type ReadExternal, readTensor } from './format/tensor.ts';
export { type GraphInputs, lowerOnnx } from './graph/lowerOnnx.ts';
export { type Declared, type OnnxGraph, type OpenOptions, openOnnx } from './graph/open.ts';
export { hostTensor, type Value } from './graph/value.ts';
export { leavesSizeOpen, type Squashing } from './network/ends.ts';
export { keepOnnx } from './network/keepOnnx.ts';
export { loadOnnx, type OnnxNetwork, openClassifier } from './network/loadOnnx.ts';
export type { Ends, LoadOptions } from './network/loadOptions.ts';
export { fromOnnxCheckpoint, onnxGraphFileOf, toOnnxCheckpoint } from './network/onnxTraining.ts';
export { COLOUR_ORDERS, LAYOUTS, PIXEL_RANGES, type Preprocessing } from './network/preprocess.ts';
export { withWeights } from './network/withWeights.ts';
export { NEWEST_OPSET, OLDEST_OPSET, OPERATORS as ONNX_OPERATORS } from './operators/catalogue.ts';
export type { Operator } from './operators/defineOperator.ts';
export { DEFAULT_OPSET, type OnnxWriteOptions, toOnnx, WRITTEN_OPSETS } from './writer/toOnnx.ts';
