import { ShapeError } from '../errors.ts';
import { type CodedDType, decodeBytes, encodeBytes } from '../numbers/bytes.ts';

/**
 * Number formats. `f32`, `i32` and `u32` are WGSL's own; `bool` is stored as 0 or 1 in a u32. The others are modules in
 * `src/shaders/precision/` (see docs/precision.md): 8 and 16 bits are computed in f32, `f32x2` is a sum of two f32, `f64` is binary64.
 */
export type DType = 'f8e4m3' | 'f8e5m2' | 'f16' | 'f32' | 'f32x2' | 'f64' | 'i32' | 'u32' | 'bool';

/** Numbers on the host. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array;

interface Format {
  /** Bytes of an element. A tensor's are filled up to whole words: see `byteLength`. */
  readonly bytes: number;
  /** The WGSL type of a stored element, or of the words that hold the elements of a format with a module of its own. */
  readonly stored: 'f32' | 'i32' | 'u32';
  readonly floating: boolean;
}

export const formats: Readonly<Record<DType, Format>> = {
  f8e4m3: { bytes: 1, stored: 'u32', floating: true },
  f8e5m2: { bytes: 1, stored: 'u32', floating: true },
  f16: { bytes: 2, stored: 'u32', floating: true },
  f32: { bytes: 4, stored: 'f32', floating: true },
  f32x2: { bytes: 8, stored: 'u32', floating: true },
  f64: { bytes: 8, stored: 'u32', floating: true },
  i32: { bytes: 4, stored: 'i32', floating: false },
  u32: { bytes: 4, stored: 'u32', floating: false },
  bool: { bytes: 4, stored: 'u32', floating: false },
};

/**
 * The WGSL type of an element, for kernels to which every element is one word.
 * @throws ShapeError for a format that is computed by a module
 */
export function wordType(dtype: DType): Format['stored'] {
  const { stored, bytes } = formats[dtype];
  if (bytes !== 4) throw new ShapeError(`an op has no kernel for ${dtype} elements; convert its operands to f32`);
  return stored;
}

/** A format whose elements are two words, computed by the functions of a module. */
export type WideDType = 'f32x2' | 'f64';

export const isWide = (dtype: DType): dtype is WideDType => dtype === 'f32x2' || dtype === 'f64';

/** A floating-point format of less than a word: stored so, computed in f32. */
export const isSmall = (dtype: DType): boolean => formats[dtype].bytes < 4;

/**
 * The WGSL type of an element, for kernels that only move elements.
 * @throws ShapeError for a format of which several elements share a word
 */
export const movedType = (dtype: DType): string => (isWide(dtype) ? 'vec2u' : wordType(dtype));

/** Bytes of a tensor: its elements one after the other, four f8 or two f16 in a word, the last word filled up with zeros. */
export function byteLength(dtype: DType, length: number): number {
  return Math.ceil((length * formats[dtype].bytes) / 4) * 4;
}

const hostArrays = {
  f8e4m3: Float32Array,
  f8e5m2: Float32Array,
  f16: Float32Array,
  f32: Float32Array,
  f32x2: Float64Array,
  f64: Float64Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint32Array,
} as const satisfies Record<DType, unknown>;

/** Formats whose memory is not that of their host array: they are converted when they are written and read. */
const isCoded = (dtype: DType): dtype is CodedDType =>
  dtype === 'f8e4m3' || dtype === 'f8e5m2' || dtype === 'f16' || dtype === 'f32x2';

/** The host array that holds `length` elements of a dtype. */
export function hostArray(dtype: DType, length: number): TypedArray {
  return new hostArrays[dtype](length);
}

/** The elements of a host array as they lie on a device; the numbers are rounded to the format. */
export function toBytes(dtype: DType, array: TypedArray): ArrayBufferView<ArrayBuffer> {
  return isCoded(dtype) ? encodeBytes(dtype, array) : (array as Float32Array<ArrayBuffer>);
}

/** The elements of a tensor, from the bytes read from a device, as the host array of a dtype. */
export function fromBytes(
  dtype: DType,
  bytes: ArrayBuffer,
  length: number = Math.floor(bytes.byteLength / formats[dtype].bytes),
): TypedArray {
  if (isCoded(dtype)) return decodeBytes(dtype, bytes, new hostArrays[dtype](length));
  return new hostArrays[dtype](bytes, 0, length);
}

/** Whether a host array stores the elements of a dtype. */
export function holds(array: TypedArray, dtype: DType): boolean {
  return array.constructor === hostArrays[dtype];
}
