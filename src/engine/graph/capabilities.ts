/** What was measured of a device, because no specification promises it. */
export interface Probes {
  /** Lanes of a subgroup, if a workgroup of that size is one subgroup with lanes in order; else 0. */
  readonly subgroupSize: number;
  /** `fma` rounds once. */
  readonly fmaFused: boolean;
  /** Knuth's TwoSum survives the shader compiler: no error term was optimised away. */
  readonly twoSumExact: boolean;
  /** Subnormal results are kept, not flushed to zero. */
  readonly f32Subnormals: boolean;
  /** `pack2x16float` turns a value beyond the range of f16 into infinity and leaves its neighbour alone. */
  readonly pack2x16Overflow: boolean;
}

/** How an f16 lies in a shader's arrays: two in a word, or as the adapter's own f16. The bytes are the same. */
export type F16Storage = 'packed' | 'native';

/** Which number formats are what they should be on a device. */
export interface PrecisionProbes {
  /** Error terms survive the shader compiler: sums, products, quotients and roots of two f32 are right to 2^-44. */
  readonly f32x2: boolean;
  /** How f16 is read and written exactly, ties, overflow and subnormals included; null: in no way. */
  readonly f16: F16Storage | null;
}

/** What a device can do, found by asking and by probing, never by its name. Chooses kernel variants. */
export interface Capabilities {
  /** A workgroup of 8 is one subgroup, with its lanes in order: what kernels that are written for 8 lanes need. */
  readonly subgroupsOf8: boolean;
  /** Reading memory shared by a workgroup is much faster than reading storage: on a GPU, not where the "GPU" is a processor. */
  readonly fastWorkgroupMemory: boolean;
  readonly maxStorageBufferBindingSize: number;
  readonly maxBufferSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  /** Bytes that may be allocated in all. */
  readonly memoryBudget: number;
  /** How f16 lies in the arrays of a shader: `native` where the adapter's own type was found to round as it should. */
  readonly f16Storage?: F16Storage;
}

/** Bytes to which WebGPU aligns a binding's offset unless a device is asked for less (`minStorageBufferOffsetAlignment`). */
export const BINDING_ALIGNMENT = 256;
