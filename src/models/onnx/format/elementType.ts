import type { DType } from '../../../engine/index.ts';

interface ElementTypeFacts {
  /** The number of `TensorProto.DataType`. */
  readonly code: number;
  /** Bits of an element in `raw_data`. */
  readonly bits: number;
  /** The device's format that holds its numbers; integers of 64 bits have those of 32 there. */
  readonly dtype: DType;
}

/** Types of elements by ONNX's names. */
export const ELEMENT_TYPES = {
  float: { code: 1, bits: 32, dtype: 'f32' },
  uint8: { code: 2, bits: 8, dtype: 'u32' },
  int8: { code: 3, bits: 8, dtype: 'i32' },
  uint16: { code: 4, bits: 16, dtype: 'u32' },
  int16: { code: 5, bits: 16, dtype: 'i32' },
  int32: { code: 6, bits: 32, dtype: 'i32' },
  int64: { code: 7, bits: 64, dtype: 'i32' },
  bool: { code: 9, bits: 8, dtype: 'bool' },
  float16: { code: 10, bits: 16, dtype: 'f16' },
  double: { code: 11, bits: 64, dtype: 'f64' },
  uint32: { code: 12, bits: 32, dtype: 'u32' },
  uint64: { code: 13, bits: 64, dtype: 'u32' },
  bfloat16: { code: 16, bits: 16, dtype: 'f32' },
  float8e4m3fn: { code: 17, bits: 8, dtype: 'f8e4m3' },
  float8e5m2: { code: 19, bits: 8, dtype: 'f8e5m2' },
  uint4: { code: 21, bits: 4, dtype: 'u32' },
  int4: { code: 22, bits: 4, dtype: 'i32' },
} as const satisfies Record<string, ElementTypeFacts>;

export type ElementType = keyof typeof ELEMENT_TYPES;

const BY_CODE = new Map(Object.entries(ELEMENT_TYPES).map(([name, { code }]) => [code as number, name as ElementType]));

/** The type of a number of `TensorProto.DataType`; undefined for types that are not read, such as text and complex numbers. */
export const elementTypeOf = (code: number | undefined): ElementType | undefined => BY_CODE.get(code ?? 0);

const FLOATING: ReadonlySet<ElementType> = new Set([
  'float',
  'double',
  'float16',
  'bfloat16',
  'float8e4m3fn',
  'float8e5m2',
]);

/** Whether a type has fractions. */
export const isFloating = (type: ElementType): boolean => FLOATING.has(type);
