/** A model's values as PyTorch's state dict: its names, and convolution weights as [O, C, kH, kW]. */

import { InputError } from '../../base/errors.ts';
import { type DType, decodeF16, elements, hostArray, type Shape, sameShape } from '../../engine/index.ts';
import { quote } from '../checkpoint/header.ts';
import type { StoredDType, StoredTensor } from '../checkpoint/safetensors.ts';
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

/** Rows that are transposed together: as many lines of memory as stay in the cache while they are read along the columns. */
const BLOCK = 32;

/** A matrix [rows, columns] → [columns, rows], in a format. */
function transposed(values: HostArray, rows: number, columns: number, dtype: DType): HostArray {
  const result = hostArray(dtype, values.length) as HostArray;
  for (let first = 0; first < rows; first += BLOCK) {
    const last = Math.min(first + BLOCK, rows);
    for (let column = 0; column < columns; column++)
      for (let row = first; row < last; row++) result[column * rows + row] = values[row * columns + column];
  }
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
 * Values for a model, in its precision, from the tensors of a checkpoint in F32, F64, F16 or BF16. PyTorch's counters
 * `*.num_batches_tracked` are ignored.
 * @param file names the checkpoint in messages
 * @throws InputError on tensors that are missing, are none of the model's, or have another shape or format: how many, and the first three
 */
export function fromStateDict(model: Model, tensors: ReadonlyMap<string, StoredTensor>, file: string): HostWeights {
  const known = { ...model.parameters, ...model.state };
  const mistakes = [
    ...Object.entries(known).flatMap(([name, spec]) => mistakeOf(name, spec, tensors.get(name)) ?? []),
    ...[...tensors.keys()]
      .filter((name) => !Object.hasOwn(known, name) && !name.endsWith('.num_batches_tracked'))
      .map((name) => `${quote(name)} is none of its tensors`),
  ];
  if (mistakes.length > 0)
    throw new InputError(
      `${file}: not a checkpoint of this ${model.name}, ${countOf(mistakes)} wrong: ${firstThree(mistakes)}`,
    );
  const read = (specs: Specs) =>
    mapValues(specs, (spec, name) => fromPyTorch(spec, numbersOf(tensors.get(name) as StoredTensor)));
  return { parameters: read(model.parameters), state: read(model.state) };
}

/**
 * Refuses weights that no inference can use, as a training that diverged leaves them.
 * @param file names the checkpoint in messages
 * @throws InputError on values that are not finite in the model's precision, and on running variances below 0: how many tensors, and the
 *   first three by name
 */
export function checkWeights({ name: model }: Model, { parameters, state }: HostWeights, file: string): void {
  // One tensor at a time: those of a file are decoded when they are read.
  const mistakes = [parameters, state].flatMap((tensors) =>
    Object.keys(tensors).flatMap((name) => mistakeIn(name, tensors[name]) ?? []),
  );
  if (mistakes.length === 0) return;
  throw new InputError(
    `${file}: not the weights of a working ${model}, ${countOf(mistakes)} wrong: ${firstThree(mistakes)}; a training that diverged leaves such values`,
  );
}

/** What is wrong with the numbers of a tensor; null: nothing. */
function mistakeIn(name: string, values: HostArray): string | null {
  const strange = countWhere(values, (value) => !Number.isFinite(value));
  if (strange.count > 0)
    return `${name} holds ${strange.first} (${strange.count} of its ${values.length} values are not finite)`;
  const negative = name.endsWith('.running_var') ? countWhere(values, (value) => value < 0) : NONE;
  if (negative.count > 0)
    return `${name} holds ${negative.first} (${negative.count} of its ${values.length} variances are below 0)`;
  return null;
}

const NONE = { count: 0, first: Number.NaN };

/** How many values are of a kind, and the first of them. Not `filter`, which makes garbage of several times a tensor's size. */
function countWhere(values: HostArray, isSuch: (value: number) => boolean): typeof NONE {
  let { count, first } = NONE;
  for (let i = 0; i < values.length; i++) {
    if (!isSuch(values[i])) continue;
    if (count === 0) first = values[i];
    count++;
  }
  return { count, first };
}

const countOf = ({ length }: readonly string[]) => (length === 1 ? '1 tensor' : `${length} tensors`);

function firstThree(mistakes: readonly string[]): string {
  const more = mistakes.length > 3 ? ` (and ${mistakes.length - 3} more)` : '';
  return `${mistakes.slice(0, 3).join('; ')}${more}`;
}

function mistakeOf(name: string, spec: TensorSpec, tensor: StoredTensor | undefined): string | null {
  const shape = pytorchShape(spec);
  const wanted = `F32 [${shape.join(', ')}]`;
  if (tensor === undefined) return `${name} is missing, should be ${wanted}`;
  if (READ.has(tensor.dtype) && sameShape(tensor.shape, shape)) return null;
  return `${name} is ${tensor.dtype} [${tensor.shape.join(', ')}], should be ${wanted}`;
}

/** The formats that weights come in. */
const READ: ReadonlySet<StoredDType> = new Set(['F32', 'F64', 'F16', 'BF16']);

/** The numbers of a tensor in one of these formats; those of 16 bits widened, exactly. */
function numbersOf({ dtype, data }: StoredTensor): HostArray {
  switch (dtype) {
    case 'F16':
      return Float32Array.from(data, decodeF16);
    case 'BF16':
      // The upper half of a f32.
      return new Float32Array(Uint32Array.from(data, (code) => code << 16).buffer);
    default:
      return data as HostArray;
  }
}
