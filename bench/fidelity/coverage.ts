import type { DType } from '../../src/engine/index.ts';

/** Definitions of the engine that have no row, by their names, and why. */
export const UNMEASURED: Readonly<Record<string, string>> = {
  fused:
    'the compiler makes it of elementwise ops, each of which has a row; test/engine/passes compares chains with their ops to the bit',
};

/** Formats that an op gives or takes, but has no row of, and why. */
export const UNMEASURED_FORMATS: Readonly<Record<string, Readonly<Partial<Record<DType, string>>>>> = {
  randomNormal: {
    f64: 'its reference would need logarithms, sines and cosines beyond float64; test/engine/ops/random holds its bound of 2^-50 of the radius',
  },
};
