import {
  abs,
  add,
  argmax,
  cast,
  exp,
  fill,
  log,
  max,
  mean,
  min,
  type Node,
  negate,
  prod,
  reshape,
  sqrt,
  square,
  subtract,
  sum,
} from '../../../engine/index.ts';
import { axesOf, axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { computed } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { pick } from './part.ts';

/** Reductions over axes, which an attribute names or, since an opset, an input. */

type Reduce = (x: Node, axes: readonly number[]) => Node;

/** @param axesInput the opset since which the axes are an input */
const reduction = (name: string, axesInput: number, compute: Reduce): Operator =>
  defineOperator({
    name,
    since: axesInput === 18 ? [6, 18] : [6, 13],
    lower: (call) => {
      const x = call.node(0);
      const named = axesOf(call, x.shape.length, { index: 1, since: axesInput });
      if ((named === null || named.length === 0) && call.int('noop_with_empty_axes', 0) !== 0) return call.output(x);
      const axes = named === null || named.length === 0 ? x.shape.map((_, axis) => axis) : named;
      const result = compute(x, axes);
      const kept = call.int('keepdims', 1) !== 0;
      return call.output(
        kept
          ? result
          : reshape(
              result,
              x.shape.filter((_, axis) => !axes.includes(axis)),
            ),
      );
    },
  });

const keepDims = { keepDims: true };
const total: Reduce = (x, axes) => sum(x, axes, keepDims);

/** Largest and smallest are also of bool, which has no order on the device. */
const ofBools =
  (compute: Reduce): Reduce =>
  (x, axes) =>
    x.dtype === 'bool' ? cast(compute(cast(x, 'f32'), axes), 'bool') : compute(x, axes);

/** log Σ exp(x), from the largest on, so that no exponential overflows. */
const logSumExp: Reduce = (x, axes) => {
  const largest = max(x, axes, keepDims);
  return add(largest, log(total(exp(subtract(x, largest)), axes)));
};

/** The index of the largest, of equals the first or the last. */
function argument(call: Call, ofSmallest: boolean) {
  const x = call.node(0);
  const axis = axisOf(call, call.int('axis', 0), x.shape.length);
  const last = x.shape[axis] - 1;
  const isLast = call.int('select_last_index', 0) !== 0;
  const backwards = Array.from({ length: last + 1 }, (_, i) => last - i);
  const ordered = isLast ? pick(x, axis, backwards) : x;
  const first = argmax(ofSmallest ? negate(ordered) : ordered, axis);
  const index = isLast ? subtract(fill(first.shape, last, 'i32'), first) : first;
  return computed('int64', call.int('keepdims', 1) === 0 ? index : reshape(index, x.shape.with(axis, 1)));
}

export const reductions: readonly Operator[] = [
  reduction('ReduceSum', 13, total),
  reduction('ReduceMean', 18, (x, axes) => mean(x, axes, keepDims)),
  reduction(
    'ReduceMax',
    18,
    ofBools((x, axes) => max(x, axes, keepDims)),
  ),
  reduction(
    'ReduceMin',
    18,
    ofBools((x, axes) => min(x, axes, keepDims)),
  ),
  reduction('ReduceProd', 18, (x, axes) => prod(x, axes, keepDims)),
  reduction('ReduceL1', 18, (x, axes) => total(abs(x), axes)),
  reduction('ReduceL2', 18, (x, axes) => sqrt(total(square(x), axes))),
  reduction('ReduceSumSquare', 18, (x, axes) => total(square(x), axes)),
  reduction('ReduceLogSum', 18, (x, axes) => log(total(x, axes))),
  reduction('ReduceLogSumExp', 18, logSumExp),
  defineOperator({ name: 'ArgMax', since: [6], lower: (call) => argument(call, false) }),
  defineOperator({ name: 'ArgMin', since: [6], lower: (call) => argument(call, true) }),
];
