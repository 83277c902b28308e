import type { DType, Node, Shape } from '../../src/engine/index.ts';
import type { Expected } from './operationReferences.ts';

/** An operand of one format whatever the row's: labels, indices, places. */
export interface FixedOperand {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly element: (uniform: () => number, i: number) => number;
}

/** How an op of the engine is measured, at a small size. */
export interface Operation {
  /** The definitions that the row is about, by their names; that of the row's own name unless given. */
  readonly of?: readonly string[];
  /** Formats that have a row: all that the op takes; of ops without operands of a format of their own, all that it gives. */
  readonly formats: readonly DType[];
  readonly operands: readonly (Shape | FixedOperand)[];
  readonly build: (operands: readonly Node[], dtype: DType) => Node;
  /** Every element of the result without rounding. */
  readonly reference: (operands: readonly Float64Array[], dtype: DType) => Expected[];
  /** The largest operand, where results of larger ones say nothing. */
  readonly limit?: number;
  /** Whether subnormal operands are among those measured, as they are unless their results say nothing. */
  readonly subnormals?: boolean;
}

export const FLOATS: readonly DType[] = ['f8e4m3', 'f8e5m2', 'f16', 'f32', 'f32x2', 'f64'];
export const SIGNED: readonly DType[] = [...FLOATS, 'i32'];
export const NUMBERS: readonly DType[] = [...SIGNED, 'u32'];
export const EVERY_FORMAT: readonly DType[] = [...NUMBERS, 'bool'];

/** A whole number from `least` up to `most`, as an operand's element. */
export const whole = (least: number, most: number) => (uniform: () => number) =>
  least + Math.floor(uniform() * (most - least + 1));
