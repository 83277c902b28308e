import {
  clamp,
  exp,
  fill,
  formats,
  less,
  maximum,
  minimum,
  multiply,
  type Node,
  negate,
  offset,
  relu,
  scale,
  where,
} from '../../../engine/index.ts';
import { isFloating } from '../format/elementType.ts';
import type { Call } from '../graph/call.ts';
import { mapped } from '../graph/host.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Activations: functions of each element, some with a learned slope. */

const activation = (name: string, since: number, compute: (x: Node, call: Call) => Node): Operator =>
  defineOperator({ name, since: [since], lower: (call) => call.output(compute(call.node(0), call)) });

const zeros = (x: Node): Node => fill(x.shape, 0, x.dtype);

const isNegative = (x: Node): Node => less(x, zeros(x));

/** exp(min(x, 0)) - 1: the branch that is not taken must not overflow, its gradient would be NaN. */
const exponentialBelow = (x: Node): Node => offset(exp(negate(relu(negate(x)))), -1);

/** The smallest and largest numbers where `Clip` has no bound. */
const RANGE = {
  f: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};

function clip(call: Call): Node {
  const x = call.node(0);
  const format = formats[x.dtype].floating ? 'f' : x.dtype === 'u32' ? 'u32' : 'i32';
  const [lowest, highest] = RANGE[format];
  if (call.opset < 11) return clamp(x, call.float('min', lowest), call.float('max', highest));
  const isKnown = [1, 2].every((index) => !call.has(index) || call.input(index).known !== undefined);
  if (!isKnown) {
    const raised = call.has(1) ? maximum(x, call.fixed(1)) : x;
    return call.has(2) ? minimum(raised, call.fixed(2)) : raised;
  }
  const low = call.has(1) ? call.numbers(1)[0] : lowest;
  const high = call.has(2) ? call.numbers(2)[0] : highest;
  return low > high ? fill(x.shape, high, x.dtype) : clamp(x, low, high);
}

export const activations: readonly Operator[] = [
  activation('Relu', 7, relu),
  activation('LeakyRelu', 7, (x, call) => where(isNegative(x), scale(x, call.float('alpha', 0.01)), x)),
  defineOperator({
    name: 'PRelu',
    since: [9],
    lower: (call) => {
      const x = call.node(0);
      return call.output(where(isNegative(x), multiply(x, call.node(1)), x));
    },
  }),
  activation('Elu', 7, (x, call) => where(isNegative(x), scale(exponentialBelow(x), call.float('alpha', 1)), x)),
  activation('Selu', 7, (x, call) => {
    const alpha = call.float('alpha', 1.6732631921768188);
    const below = scale(exponentialBelow(x), alpha);
    return scale(where(isNegative(x), below, x), call.float('gamma', 1.0507010221481323));
  }),
  activation('Celu', 12, (x, call) => {
    const alpha = call.float('alpha', 1);
    return where(isNegative(x), scale(exponentialBelow(scale(x, 1 / alpha)), alpha), x);
  }),
  activation('ThresholdedRelu', 10, (x, call) => {
    const threshold = fill(x.shape, call.float('alpha', 1), x.dtype);
    return where(less(threshold, x), x, zeros(x));
  }),
  activation('HardSigmoid', 7, (x, call) =>
    clamp(offset(scale(x, call.float('alpha', 0.2)), call.float('beta', 0.5)), 0, 1),
  ),
  activation('HardSwish', 14, (x) => multiply(x, clamp(offset(scale(x, 1 / 6), 0.5), 0, 1))),
  defineOperator({
    name: 'Clip',
    since: [7, 11],
    lower: (call) => call.output(clip(call)),
    fold: (call, [x, low, high]) => {
      if (x === undefined || (isFloating(x.type) && call.opset < 11)) return undefined;
      const most = high?.data[0] ?? Number.POSITIVE_INFINITY;
      return mapped(x.type, [x], (value) => Math.min(Math.max(value, low?.data[0] ?? Number.NEGATIVE_INFINITY), most));
    },
  }),
];
