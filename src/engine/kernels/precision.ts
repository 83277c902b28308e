import type { Capabilities, F16Storage } from '../graph/capabilities.ts';
import type { DType } from '../graph/dtype.ts';

/** Formats whose elements are computed in f32. */
export const isComputedInF32 = (dtype: DType): boolean =>
  dtype === 'f8e4m3' || dtype === 'f8e5m2' || dtype === 'f16' || dtype === 'f32';

/** Elements of a format in one element of a shader's array. */
export function placesOf(dtype: DType, f16: F16Storage = 'packed'): number {
  if (dtype === 'f8e4m3' || dtype === 'f8e5m2') return 4;
  return dtype === 'f16' && f16 === 'packed' ? 2 : 1;
}

/**
 * The constant by which `precision/f16.wgsl` knows how f16 lies in memory, for kernels that read or write arrays of it.
 */
export const f16Constant = (f16: Capabilities['f16Storage']): { readonly F16_NATIVE: number } => ({
  F16_NATIVE: Number(f16 === 'native'),
});
