import type { DType } from '../../src/engine/graph/dtype.ts';
import type { Shape } from '../../src/engine/graph/shape.ts';
import { formatsOf, type Operation } from '../../src/engine/ops/elementwise/fused.ts';
import type { InputView } from '../../src/engine/ops/elementwise/kernel.ts';
import { elementwise } from './elementwise.ts';
import { indices } from './shape.ts';

/** Operations one after the other for each element by itself, on elements read through views. */
export function fused(
  inputs: readonly Float64Array[],
  dtypes: readonly DType[],
  { shape, views, operations }: { shape: Shape; views: readonly InputView[]; operations: readonly Operation[] },
): Float64Array {
  const results = formatsOf(
    views.map(({ input }) => dtypes[input]),
    operations,
  );
  return Float64Array.from(indices(shape), (index) => {
    const known = views.map(({ input, offset, strides }) => {
      const place = index.reduce((sum, i, axis) => sum + i * strides[axis], offset);
      return inputs[input][place];
    });
    for (const { op, operands, attributes } of operations) {
      const given = operands.map((operand) => known[operand]);
      known.push(elementwise[op](given, attributes, results[known.length]));
    }
    return known[known.length - 1];
  });
}
