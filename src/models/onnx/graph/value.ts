import { InputError } from '../../../base/errors.ts';
import {
  type DType,
  elements,
  fill,
  formats,
  hostArray,
  literal,
  type Node,
  type Shape,
  type TypedArray,
} from '../../../engine/index.ts';
import { ELEMENT_TYPES, type ElementType, isFloating } from '../format/elementType.ts';
import type { HostTensor } from '../format/tensor.ts';

/** A value of an ONNX graph: computed on the device, known on the host before anything runs, or both. */
export interface Value {
  readonly type: ElementType;
  readonly shape: Shape;
  /** The value in the engine's graph. @throws InputError for a tensor without elements, which no device holds */
  node(): Node;
  /** The numbers, where they are known before anything runs. Reading them makes every initialiser that they come from a constant. */
  readonly known?: () => HostTensor;
  /** The numbers for computing others on the host, which decides nothing about initialisers. */
  readonly peek?: () => HostTensor;
  /** Whether training may change it. */
  readonly trainable: boolean;
  /** How many operators the numbers were computed by, one from another; 0 unless given. */
  readonly depth?: number;
  /** The name of the initialiser that it is. */
  readonly initialiser?: string;
}

/** The device's format of a type; `floats` replaces that of all types with fractions. */
export const formatOf = (type: ElementType, floats: DType | null): DType =>
  floats !== null && isFloating(type) ? floats : ELEMENT_TYPES[type].dtype;

/** A value that a graph computes. */
export const computed = (type: ElementType, node: Node): Value => ({
  type,
  shape: node.shape,
  node: () => node,
  trainable: false,
});

/** A value that is known and never changes. */
export function constant(tensor: HostTensor, floats: DType | null): Value {
  let node: Node | undefined;
  return {
    type: tensor.type,
    shape: tensor.shape,
    node: () => {
      node ??= literalOf(tensor, formatOf(tensor.type, floats));
      return node;
    },
    known: () => tensor,
    peek: () => tensor,
    trainable: false,
  };
}

/** Numbers as a constant of the graph; a single one is a number in kernels. */
export function literalOf({ type, shape, data }: HostTensor, dtype: DType): Node {
  const size = elements(shape);
  if (size === 0)
    throw new InputError(`a tensor of ${type}[${shape.join(', ')}] has no elements, and no device holds it`);
  if (size === 1 && formats[dtype].floating) return fill(shape, data[0], dtype);
  const numbers = hostArray(dtype, size);
  if (numbers.constructor === data.constructor) return literal(data, shape, dtype);
  numbers.set(data);
  const wrapped = formats[dtype].floating ? -1 : data.findIndex((value, i) => value !== numbers[i]);
  if (wrapped >= 0)
    throw new InputError(`a tensor of ${type} holds ${data[wrapped]}; integers on the device have 32 bits`);
  return literal(numbers, shape, dtype);
}

/** A tensor of the host with its numbers in the array that its type has. */
export function hostTensor(type: ElementType, shape: Shape, data: ArrayLike<number>): HostTensor {
  const { bits, dtype } = ELEMENT_TYPES[type];
  if (bits === 64) return { type, shape, data: Float64Array.from(data) };
  if (dtype === 'i32') return { type, shape, data: Int32Array.from(data) };
  const array = dtype === 'u32' || dtype === 'bool' ? Uint32Array : Float32Array;
  return { type, shape, data: array.from(data) as TypedArray };
}
