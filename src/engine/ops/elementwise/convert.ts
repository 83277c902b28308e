import shader from '../../../shaders/elementwise/convert.wgsl';
import { type DType, formats } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { gridOver } from '../../kernels/grid.ts';
import { f16Constant, isComputedInF32, placesOf } from '../../kernels/precision.ts';

/**
 * The numbers of x in another format, each rounded once to the nearest, ties to even. Beyond the range floats become infinite, 8-bit floats
 * their largest. Integers are what lies towards zero, the nearest that exists, and 0 for NaN; bool is x ≠ 0.
 */
export const convert = (x: Node, dtype: DType): Node => (x.dtype === dtype ? x : convertOp([x], { dtype }));

const convertOp: Op<{ readonly dtype: DType }> = defineOp({
  name: 'convert',
  infer: ([{ shape }], { dtype }) => ({ shape, dtype }),
  derivative: ({ inputs: [x], gradient }) => [
    formats[x.dtype].floating && formats[gradient.dtype].floating ? convert(gradient, x.dtype) : null,
  ],
  anyFormat: true,
  kernel: ({ inputs: [x], output: y, attributes: { dtype }, capabilities: { f16Storage: f16 = 'packed' } }) => {
    const [FROM_PLACES, TO_PLACES] = [x.dtype, dtype].map((each) => placesOf(each, f16));
    const UNIT = Math.max(FROM_PLACES, TO_PLACES);
    const DIRECT = Number(isComputedInF32(x.dtype) && isComputedInF32(dtype));
    const NEAREST = Number(x.dtype === 'f32x2' && dtype === 'f64');
    return {
      shader,
      entry: 'convert',
      constants: {
        FROM: x.dtype,
        TO: dtype,
        FROM_PLACES,
        TO_PLACES,
        UNIT,
        DIRECT,
        NEAREST,
        CONVERSIONS: 1 - DIRECT,
        ...f16Constant(f16),
      },
      bind: { x, y },
      sizes: { size: y.size, zero: 0 },
      grid: gridOver(y.size / UNIT),
    };
  },
  cost: ({ inputs: [x], output }) => ({ flops: 0, bytes: x.bytes + output.bytes }),
});

export const isConversion = ({ op }: Node): boolean => op === convertOp.definition;
