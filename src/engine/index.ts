export { type DeviceClock, deviceClock } from './device/clock.ts';
export { Device, type Tensor } from './device/device.ts';
export type { Platform } from './device/platform.ts';
export type { AdapterDescription, AdapterProfile } from './device/profile.ts';
export {
  DeviceError,
  GpuDeviceLostError,
  GpuLimitError,
  GpuOutOfMemoryError,
  GpuTimeoutError,
  ShapeError,
} from './errors.ts';
export type { Capabilities } from './graph/capabilities.ts';
export { byteLength, type DType, formats, hostArray, isSmall, type TypedArray } from './graph/dtype.ts';
export {
  apply,
  defineOp,
  type Graph,
  input,
  inputOp,
  literal,
  literalData,
  reachable,
  spec,
  trace,
} from './graph/graph.ts';
export {
  type Attributes,
  type Cost,
  type DerivativeContext,
  isNode,
  type KernelCall,
  type KernelContext,
  type KernelOp,
  kernelOp,
  Node,
  type Op,
  type OpDefinition,
  type Operand,
  type VariantContext,
} from './graph/op.ts';
export { placementOf } from './graph/placement.ts';
export { labelOf, print } from './graph/print.ts';
export { elements, isTensorType, type Shape, sameShape, type TensorType } from './graph/shape.ts';
export { leaves, type MapTree, mapTree } from './graph/tree.ts';
export { kernelCode } from './kernels/code.ts';
export { gridOver } from './kernels/grid.ts';
export { tuningProblems } from './measure/choices.ts';
export { type Diagnosis, diagnose } from './measure/diagnose.ts';
export { chromeTrace, type Profile, profile } from './measure/profiler.ts';
export { compileRoofline, type Roofline } from './measure/roofline.ts';
export type { Tuned } from './measure/tune.ts';
export { decodeF8E4M3, encodeF8E4M3 } from './numbers/f8e4m3.ts';
export { decodeF8E5M2, encodeF8E5M2 } from './numbers/f8e5m2.ts';
export { decodeF16, encodeF16 } from './numbers/f16.ts';
export { decodeF32x2, encodeF32x2 } from './numbers/f32x2.ts';
export { openOn, type RecallTuning } from './open.ts';
export { openInBrowser } from './openInBrowser.ts';
export { type AttentionOptions, attention } from './ops/attention/attention.ts';
export { batchNorm, batchNormInference, batchNormStatistics } from './ops/batchNorm/batchNorm.ts';
export { conv2d } from './ops/conv2d/conv2d.ts';
export { type ConvTranspose2dOptions, convTranspose2d } from './ops/conv2d/convTranspose2d.ts';
export { exactConv2d } from './ops/conv2d/exactConv2d.ts';
export type { Conv2dOptions } from './ops/conv2d/options.ts';
export {
  celu,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  prelu,
  relu6,
  selu,
  silu,
  softsign,
} from './ops/elementwise/activation.ts';
export {
  type ArithmeticOperation,
  arithmetic,
  arithmeticOperations,
  operandsOf,
} from './ops/elementwise/arithmetic.ts';
export { convert } from './ops/elementwise/convert.ts';
export {
  abs,
  add,
  cast,
  clamp,
  divide,
  equal,
  exp,
  fill,
  greater,
  greaterEqual,
  isNan,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  logicalXor,
  maximum,
  minimum,
  multiply,
  negate,
  notEqual,
  offset,
  relu,
  scale,
  sign,
  sqrt,
  square,
  subtract,
  where,
} from './ops/elementwise/elementwise.ts';
export { pow, reciprocal } from './ops/elementwise/power.ts';
export { ceil, floor, round } from './ops/elementwise/rounding.ts';
export { erf, expm1, log1p, sigmoid, softplus, tanh } from './ops/elementwise/special.ts';
export { exactMatmul } from './ops/exact/exactMatmul.ts';
export { exactSum } from './ops/exact/exactSum.ts';
export { linear, matmul } from './ops/matmul/matmul.ts';
export { type GroupNormOptions, groupNorm, instanceNorm } from './ops/normalise/groupNorm.ts';
export { type LayerNormOptions, layerNorm } from './ops/normalise/layerNorm.ts';
export { standardise } from './ops/normalise/standardise.ts';
export { type AveragePool2dOptions, averagePool2d } from './ops/pool/averagePool2d.ts';
export { type LocalResponseNormOptions, localResponseNorm } from './ops/pool/localResponseNorm.ts';
export { globalAveragePool, globalMaxPool, maxPool2d } from './ops/pool/pool.ts';
export type { PoolOptions } from './ops/pool/windows.ts';
export { dequantise, type Quantised, quantise, roundTo, type SmallFormat } from './ops/quantise/quantise.ts';
export { randomIntegers, randomNormal, randomUniform } from './ops/random/random.ts';
export { argmax, argmin, max, mean, min, prod } from './ops/reduce/reduce.ts';
export { shrinkageTo } from './ops/reduce/shrinkageTo.ts';
export { logSoftmax, softmax, softmaxCrossEntropy } from './ops/reduce/softmaxCrossEntropy.ts';
export { expand, sum } from './ops/reduce/sum.ts';
export { byteRows, wordsOf } from './ops/select/byteRows.ts';
export { type CropOptions, crop } from './ops/select/crop.ts';
export { gather } from './ops/select/gather.ts';
export { indexSelect } from './ops/select/indexSelect.ts';
export { oneHot } from './ops/select/oneHot.ts';
export { type EdgeMode, flip, padWith, tile } from './ops/select/rearrange.ts';
export { type Packing, pack, packingOf, unpack } from './ops/shape/pack.ts';
export { concatenate, pad, reshape, slice, transpose } from './ops/shape/shape.ts';
export { gradients } from './passes/gradients.ts';
export { lower } from './passes/lower.ts';
export { recompute } from './passes/recompute.ts';
export { isStored, rounded, type StorageFormats, stored } from './passes/stored.ts';
export type { Plan } from './plan/plan.ts';
export { type CompileOptions, compile, type Executable, type Feeds, planFunction } from './run/compile.ts';
export type { Feed } from './run/executable.ts';
