import wideText from '../../../shaders/elementwise/rounding.wide.wgsl';
import type { WideDType } from '../../graph/dtype.ts';
import { expandWgsl } from '../../kernels/wgsl.ts';
import { call, floats, unary } from './define.ts';

/** Elementwise rounding to whole numbers. The slope is 0 everywhere; infinities and NaN stay as they are. */

const wideFunctions = (T: WideDType): readonly string[] => [expandWgsl(wideText, { T, F64: Number(T === 'f64') })];

/** The largest whole number that is not above x. */
export const floor = unary({
  name: 'floor',
  formats: floats,
  expression: ([x]) => `floor(${x})`,
  wide: call('floor'),
  wideFunctions,
  derivative: () => [null],
});

/** The smallest whole number that is not below x. */
export const ceil = unary({
  name: 'ceil',
  formats: floats,
  expression: ([x]) => `ceil(${x})`,
  wide: call('ceil'),
  wideFunctions,
  derivative: () => [null],
});

/** The nearest whole number; of two, the even one, as in NumPy and PyTorch. */
export const round = unary({
  name: 'round',
  formats: floats,
  expression: ([x]) => `round(${x})`,
  wide: call('nearest'),
  wideFunctions,
  derivative: () => [null],
});
