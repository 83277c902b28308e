/**
 * Number formats. `f32`, `i32` and `u32` are WGSL's own; `bool` is stored as 0 or 1 in a u32.
 * Every node carries its dtype, so that further formats are a new row here and a new precision module, not a new graph.
 */
export type DType = 'f32' | 'i32' | 'u32' | 'bool';

export type TypedArray = Float32Array | Int32Array | Uint32Array;

interface Format {
  readonly bytes: number;
  /** The WGSL type of a stored element. */
  readonly stored: 'f32' | 'i32' | 'u32';
  readonly floating: boolean;
}

export const formats: Readonly<Record<DType, Format>> = {
  f32: { bytes: 4, stored: 'f32', floating: true },
  i32: { bytes: 4, stored: 'i32', floating: false },
  u32: { bytes: 4, stored: 'u32', floating: false },
  bool: { bytes: 4, stored: 'u32', floating: false },
};

/** The host array that holds `length` elements of a dtype. */
export function hostArray(dtype: DType, length: number): TypedArray {
  return fromBytes(dtype, new ArrayBuffer(length * formats[dtype].bytes));
}

/** Reinterprets bytes read from a device as the host array of a dtype. */
export function fromBytes(dtype: DType, bytes: ArrayBuffer): TypedArray {
  switch (formats[dtype].stored) {
    case 'f32':
      return new Float32Array(bytes);
    case 'i32':
      return new Int32Array(bytes);
    case 'u32':
      return new Uint32Array(bytes);
  }
}

/** Whether a host array stores the elements of a dtype. */
export function holds(array: TypedArray, dtype: DType): boolean {
  return array.constructor === hostArray(dtype, 0).constructor;
}
