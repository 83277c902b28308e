/** A model's values as PyTorch's state dict: its names, and convolution weights as [O, C, kH, kW]. */
import { InputError } from '../engine/errors.ts';
import { elements, type Shape, sameShape } from '../engine/graph.ts';
import type { StoredTensor } from './checkpoint/safetensors.ts';
import type { HostWeights, Model, Specs, TensorSpec } from './model.ts';

/** The shape that PyTorch gives a tensor. */
export function pytorchShape({ layout, shape }: TensorSpec): Shape {
  if (layout === 'plain') return shape;
  const [channels, height, width, outChannels] = shape;
  return [outChannels, channels, height, width];
}

/** Elements in PyTorch's order: [C, kH, kW, O] → [O, C, kH, kW] for convolution weights. */
export function toPyTorch({ layout, shape }: TensorSpec, values: Float32Array): Float32Array<ArrayBuffer> {
  return layout === 'plain' ? Float32Array.from(values) : transposed(values, elements(shape) / shape[3], shape[3]);
}

/** Elements in the device's order: [O, C, kH, kW] → [C, kH, kW, O] for convolution weights. */
export function fromPyTorch({ layout, shape }: TensorSpec, values: Float32Array): Float32Array {
  return layout === 'plain' ? values : transposed(values, shape[3], elements(shape) / shape[3]);
}

/** A matrix [rows, columns] → [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = values[row * columns + column];
  return result;
}

/** The tensors of a checkpoint that torchvision's model of the same name loads. */
export function toStateDict(model: Model, { parameters, state }: HostWeights): Map<string, StoredTensor> {
  const stored = (specs: Specs, values: HostWeights['parameters']) =>
    Object.entries(specs).map(([name, spec]): [string, StoredTensor] => [
      name,
      { dtype: 'F32', shape: pytorchShape(spec), data: toPyTorch(spec, values[name]) },
    ]);
  return new Map([...stored(model.parameters, parameters), ...stored(model.state, state)]);
}

/**
 * Values for a model from the tensors of a checkpoint. PyTorch's counters `*.num_batches_tracked` are ignored.
 * @param file names the checkpoint in messages
 * @throws InputError when a tensor is missing, is none of the model's, or has another shape or format
 */
export function fromStateDict(model: Model, tensors: ReadonlyMap<string, StoredTensor>, file: string): HostWeights {
  const known = { ...model.parameters, ...model.state };
  for (const name of tensors.keys())
    if (!Object.hasOwn(known, name) && !name.endsWith('.num_batches_tracked'))
      throw new InputError(
        `${file}: the tensor ${name} is not one of ${model.name}; is it a checkpoint of this model?`,
      );
  const read = (specs: Specs) =>
    Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => {
        const tensor = tensors.get(name);
        const wanted = `F32 [${pytorchShape(spec).join(', ')}]`;
        if (tensor === undefined)
          throw new InputError(`${file}: the tensor ${name}, ${wanted}, of ${model.name} is missing`);
        if (tensor.dtype !== 'F32' || !sameShape(tensor.shape, pytorchShape(spec)))
          throw new InputError(
            `${file}: the tensor ${name} is ${tensor.dtype} [${tensor.shape.join(', ')}], but ${model.name} needs ${wanted}`,
          );
        return [name, fromPyTorch(spec, tensor.data)];
      }),
    );
  return { parameters: read(model.parameters), state: read(model.state) };
}
