/** A model's values as PyTorch's state dict: its names, and convolution weights as [O, C, kH, kW]. */
import { type DType, hostArray } from '../engine/dtype.ts';
import { InputError } from '../engine/errors.ts';
import { elements, type Shape, sameShape } from '../engine/graph.ts';
import { quote } from './checkpoint/header.ts';
import type { StoredTensor } from './checkpoint/safetensors.ts';
import { type HostArray, type HostWeights, type Model, mapValues, type Specs, type TensorSpec } from './model.ts';

/** The shape that PyTorch gives a tensor. */
export function pytorchShape({ layout, shape }: TensorSpec): Shape {
  if (layout === 'plain') return shape;
  const [channels, height, width, outChannels] = shape;
  return [outChannels, channels, height, width];
}

/** Elements in PyTorch's order: [C, kH, kW, O] → [O, C, kH, kW] for convolution weights. */
export function toPyTorch({ layout, shape, dtype }: TensorSpec, values: HostArray): HostArray {
  const [rows, columns] = layout === 'plain' ? [1, values.length] : [elements(shape) / shape[3], shape[3]];
  return transposed(values, rows, columns, dtype);
}

/** Elements in the device's order: [O, C, kH, kW] → [C, kH, kW, O] for convolution weights. */
export function fromPyTorch({ layout, shape, dtype }: TensorSpec, values: HostArray): HostArray {
  const [rows, columns] = layout === 'plain' ? [1, values.length] : [shape[3], elements(shape) / shape[3]];
  return transposed(values, rows, columns, dtype);
}

/** A matrix [rows, columns] → [columns, rows], in a format. */
function transposed(values: HostArray, rows: number, columns: number, dtype: DType): HostArray {
  const result = hostArray(dtype, values.length) as HostArray;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column];
  return result;
}

/** The tensors of a checkpoint that torchvision's model of the same name loads. */
export function toStateDict(model: Model, { parameters, state }: HostWeights): Map<string, StoredTensor> {
  const stored = (specs: Specs, values: HostWeights['parameters']) =>
    Object.entries(specs).map(([name, spec]): [string, StoredTensor] => [
      name,
      storedTensor(pytorchShape(spec), toPyTorch(spec, values[name])),
    ]);
  return new Map([...stored(model.parameters, parameters), ...stored(model.state, state)]);
}

const storedTensor = (shape: Shape, data: HostArray): StoredTensor =>
  data instanceof Float32Array
    ? { dtype: 'F32', shape, data: data as Float32Array<ArrayBuffer> }
    : { dtype: 'F64', shape, data: data as Float64Array<ArrayBuffer> };

/**
 * Values for a model, in its precision, from the tensors of a checkpoint. PyTorch's counters `*.num_batches_tracked` are ignored.
 * @param file names the checkpoint in messages
 * @throws InputError listing every tensor that is missing, is none of the model's, or has another shape or format
 */
export function fromStateDict(model: Model, tensors: ReadonlyMap<string, StoredTensor>, file: string): HostWeights {
  const known = { ...model.parameters, ...model.state };
  const mistakes = [
    ...Object.entries(known).flatMap(([name, spec]) => mistakeOf(name, spec, tensors.get(name)) ?? []),
    ...[...tensors.keys()]
      .filter((name) => !Object.hasOwn(known, name) && !name.endsWith('.num_batches_tracked'))
      .map((name) => `${quote(name)} is none of its tensors`),
  ];
  if (mistakes.length > 0) {
    const count = mistakes.length === 1 ? '1 tensor' : `${mistakes.length} tensors`;
    throw new InputError(`${file}: not a checkpoint of this ${model.name}, ${count} wrong: ${mistakes.join('; ')}`);
  }
  const read = (specs: Specs) =>
    mapValues(specs, (spec, name) => fromPyTorch(spec, (tensors.get(name) as StoredTensor).data as HostArray));
  return { parameters: read(model.parameters), state: read(model.state) };
}

function mistakeOf(name: string, spec: TensorSpec, tensor: StoredTensor | undefined): string | null {
  const shape = pytorchShape(spec);
  const wanted = `F32 [${shape.join(', ')}]`;
  if (tensor === undefined) return `${name} is missing, should be ${wanted}`;
  if ((tensor.dtype === 'F32' || tensor.dtype === 'F64') && sameShape(tensor.shape, shape)) return null;
  return `${name} is ${tensor.dtype} [${tensor.shape.join(', ')}], should be ${wanted}`;
}
