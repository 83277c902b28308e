import exponential from '../../shaders/parts/exponential.wgsl';
import logarithm from '../../shaders/parts/logarithm.wgsl';
import binary32Conversions from '../../shaders/precision/binary32.conversions.wgsl';
import binary32 from '../../shaders/precision/binary32.wgsl';
import f8e4m3 from '../../shaders/precision/f8e4m3.wgsl';
import f8e5m2 from '../../shaders/precision/f8e5m2.wgsl';
import f16Native from '../../shaders/precision/f16.native.wgsl';
import f16Packed from '../../shaders/precision/f16.wgsl';
import f32 from '../../shaders/precision/f32.wgsl';
import f32x2Conversions from '../../shaders/precision/f32x2.conversions.wgsl';
import f32x2 from '../../shaders/precision/f32x2.wgsl';
import f64Conversions from '../../shaders/precision/f64.conversions.wgsl';
import f64Elementary from '../../shaders/precision/f64.elementary.wgsl';
import f64 from '../../shaders/precision/f64.wgsl';
import integer64 from '../../shaders/precision/integer64.wgsl';
import integers from '../../shaders/precision/integers.wgsl';
import type { F16Storage } from '../graph/capabilities.ts';
import type { DType } from '../graph/dtype.ts';
import { expandWgsl } from './wgsl.ts';

export interface LinkOptions {
  /** `f64_from`… and `…_to_f64` of every format, through which all conversions go. */
  readonly conversions?: boolean;
  readonly f16?: F16Storage;
}

/** The shader's vector types that `exponential.wgsl` and `logarithm.wgsl` are written for. */
const scalars = 'alias F = f32;\nalias I = i32;\nalias U = u32;\n';

/** Formats whose elements are computed in f32. */
export const isComputedInF32 = (dtype: DType): boolean =>
  dtype === 'f8e4m3' || dtype === 'f8e5m2' || dtype === 'f16' || dtype === 'f32';

/** Elements of a format in one element of a shader's array. */
export function placesOf(dtype: DType, f16: F16Storage = 'packed'): number {
  if (dtype === 'f8e4m3' || dtype === 'f8e5m2') return 4;
  return dtype === 'f16' && f16 === 'packed' ? 2 : 1;
}

const storage = (dtype: DType, f16: F16Storage): string => {
  switch (dtype) {
    case 'f8e4m3':
      return f8e4m3;
    case 'f8e5m2':
      return f8e5m2;
    case 'f16':
      return f16 === 'native' ? f16Native : f16Packed;
    default:
      return f32;
  }
};

/** The texts that a format's module consists of. */
function textsOf(dtype: DType, { conversions = false, f16 = 'packed' }: LinkOptions): string[] {
  if (isComputedInF32(dtype)) {
    const T = dtype;
    const own = [storage(dtype, f16), expandWgsl(binary32, { T }), scalars, exponential, logarithm];
    const converted = () => expandWgsl(binary32Conversions, { T, ROUNDS_AGAIN: Number(dtype !== 'f32') });
    return conversions ? [...own, converted()] : own;
  }
  if (dtype === 'f32x2') return conversions ? [f32x2, f32x2Conversions] : [f32x2];
  if (dtype === 'f64') return [integer64, f64, f64Elementary];
  return [integers];
}

/**
 * A kernel's text with the modules of the formats that it computes in. The kernel is written against the names `T_stored`, `T_value`,
 * `T_decode`, `T_add`, … where T is the format, mostly as `${T}_add`; docs/precision.md lists them.
 */
export function linkPrecision(kernel: string, dtypes: readonly DType[], options: LinkOptions = {}): string {
  const needed = options.conversions ? [integer64, f64, f64Conversions] : [];
  const texts = new Set([...dtypes.flatMap((dtype) => textsOf(dtype, options)), ...needed]);
  const enable = options.f16 === 'native' && dtypes.includes('f16') ? 'enable f16;\n' : '';
  return [enable + kernel, ...texts].join('\n');
}
