import shader from '../../../shaders/elementwise/arithmetic.wgsl';
import { ShapeError } from '../../errors.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node, Op } from '../../graph/op.ts';
import { describe, sameShape } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';
import { f16Constant, placesOf } from '../../kernels/precision.ts';

/** What the precision modules compute with one or two numbers. */
const operations = {
  add: { operands: 2 },
  subtract: { operands: 2 },
  mul: { operands: 2 },
  divide: { operands: 2 },
  square_root: { operands: 1 },
  exponential: { operands: 1 },
  logarithm: { operands: 1 },
  negate: { operands: 1 },
  absolute: { operands: 1 },
  equal: { operands: 2, comparison: true },
  less: { operands: 2, comparison: true },
  less_equal: { operands: 2, comparison: true },
} as const satisfies Record<string, { readonly operands: 1 | 2; readonly comparison?: true }>;

export type ArithmeticOperation = keyof typeof operations;

export const arithmeticOperations = Object.keys(operations) as ArithmeticOperation[];

export const operandsOf = (operation: ArithmeticOperation): 1 | 2 => operations[operation].operands;

/**
 * One operation on tensors of one shape and one floating-point format, as that format's module defines it (docs/precision.md).
 * @returns the same format; bool for comparisons
 * @throws ShapeError
 */
export const arithmetic = (operation: ArithmeticOperation, operands: readonly Node[]): Node =>
  arithmeticOp(operands, { operation });

const isComparison = (operation: ArithmeticOperation): boolean => 'comparison' in operations[operation];

const arithmeticOp: Op<{ readonly operation: ArithmeticOperation }> = defineOp({
  name: 'arithmetic',
  infer: (operands, { operation }) => {
    const [{ shape, dtype }] = operands;
    const alike = operands.every((each) => each.dtype === dtype && sameShape(each.shape, shape));
    if (!alike || operands.length !== operations[operation].operands)
      throw new ShapeError(
        `${operation} takes ${operations[operation].operands} of a kind, not ${operands.map(describe)}`,
      );
    if (dtype === 'i32' || dtype === 'u32' || dtype === 'bool')
      throw new ShapeError(`${operation} takes a floating-point format, not ${dtype}`);
    return { shape, dtype: isComparison(operation) ? 'bool' : dtype };
  },
  derivative: null,
  anyFormat: true,
  kernel: ({ inputs: [a, b], output: y, attributes: { operation }, capabilities: { f16Storage: f16 = 'packed' } }) => {
    const T = a.dtype;
    const PLACES = placesOf(T, f16);
    return {
      shader,
      entry: 'arithmetic',
      constants: {
        T,
        ...f16Constant(f16),
        PLACES,
        OPERATION: operation,
        BINARY: operations[operation].operands - 1,
        COMPARISON: Number(isComparison(operation)),
      },
      bind: { a, ...(b === undefined ? {} : { b }), y },
      sizes: { size: y.size, zero: 0 },
      grid: gridOver(a.size / PLACES),
    };
  },
  cost: ({ inputs, output }) => ({
    flops: output.size,
    bytes: inputs.reduce((sum, { bytes }) => sum + bytes, output.bytes),
  }),
});
