import type { Shape, TypedArray } from '../../../engine/index.ts';
import { ELEMENT_TYPES, type ElementType } from '../format/elementType.ts';
import {
  ATTRIBUTE_TYPE,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../format/schema.ts';

/** Parts of ONNX models, made of numbers and names. */

/** Attributes of a node: integers, lists of integers, or a number with a fraction. */
export type AttributeValues = Readonly<Record<string, number | readonly number[] | { readonly float: number }>>;

function attributeOf(name: string, value: AttributeValues[string]): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (typeof value === 'number') return { ...empty, i: value, type: ATTRIBUTE_TYPE.int };
  if ('float' in value) return { ...empty, f: value.float, type: ATTRIBUTE_TYPE.float };
  return { ...empty, ints: [...value], type: ATTRIBUTE_TYPE.ints };
}

export const nodeOf = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: AttributeValues,
): NodeProto => ({
  opType,
  name: output,
  input: [...input],
  output: [output],
  attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
});

/** A tensor in `raw_data`; the numbers are not copied. */
export function tensorOf(name: string, shape: Shape, data: TypedArray | BigInt64Array): TensorProto {
  const type = data instanceof BigInt64Array ? 'int64' : data instanceof Float64Array ? 'double' : 'float';
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { name, dims: [...shape], dataType: ELEMENT_TYPES[type].code, rawData, externalData: [] };
}

/** An input or output; a length that is a name stands for any number. */
export const declaredValue = (
  name: string,
  type: ElementType,
  shape: readonly (number | string)[],
): ValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType: ELEMENT_TYPES[type].code,
      shape: {
        dim: shape.map((length) => (typeof length === 'number' ? { dimValue: length } : { dimParam: length })),
      },
    },
  },
});
