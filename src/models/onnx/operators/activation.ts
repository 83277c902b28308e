import {
  celu,
  clamp,
  elu,
  fill,
  formats,
  gelu,
  greater,
  leakyRelu,
  less,
  maximum,
  minimum,
  mish,
  multiply,
  type Node,
  offset,
  relu,
  reshape,
  scale,
  sigmoid,
  softplus,
  softsign,
  tanh,
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

/** The smallest and largest numbers where `Clip` has no bound. */
const RANGE = {
  floating: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  i32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
};

function clip(call: Call): Node {
  const x = call.node(0);
  const [lowest, highest] = RANGE[formats[x.dtype].floating ? 'floating' : x.dtype === 'u32' ? 'u32' : 'i32'];
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

/** Slopes; until opset 7 those of an axis are the channels'. */
function slopesOf(call: Call, { shape }: Node): Node {
  const slopes = call.node(1);
  const isOfChannels = call.opset < 7 && slopes.shape.length === 1 && slopes.size > 1;
  return isOfChannels ? reshape(slopes, [slopes.size, ...shape.slice(2).map(() => 1)]) : slopes;
}

/** 0 between -lambd and lambd, outside moved towards 0 by `bias`. */
function shrunk(x: Node, call: Call): Node {
  const [bound, bias] = [call.float('lambd', 0.5), call.float('bias', 0)];
  const isAbove = greater(x, fill(x.shape, bound, x.dtype));
  const isBelow = less(x, fill(x.shape, -bound, x.dtype));
  return where(isAbove, offset(x, -bias), where(isBelow, offset(x, bias), zeros(x)));
}

export const activations: readonly Operator[] = [
  activation('Relu', 6, relu),
  activation('LeakyRelu', 6, (x, call) => leakyRelu(x, { negativeSlope: call.float('alpha', 0.01) })),
  activation('PRelu', 6, (x, call) => where(greater(x, zeros(x)), x, multiply(x, slopesOf(call, x)))),
  activation('Elu', 6, (x, call) => elu(x, { alpha: call.float('alpha', 1) })),
  activation('Selu', 6, (x, call) =>
    scale(elu(x, { alpha: call.float('alpha', 1.6732631921768188) }), call.float('gamma', 1.0507010221481323)),
  ),
  activation('Celu', 12, (x, call) => celu(x, { alpha: call.float('alpha', 1) })),
  activation('Sigmoid', 6, sigmoid),
  activation('HardSigmoid', 6, (x, call) =>
    clamp(offset(scale(x, call.float('alpha', 0.2)), call.float('beta', 0.5)), 0, 1),
  ),
  activation('HardSwish', 14, (x) => multiply(x, clamp(offset(scale(x, 1 / 6), 0.5), 0, 1))),
  activation('Swish', 24, (x, call) => multiply(x, sigmoid(scale(x, call.float('alpha', 1))))),
  activation('Gelu', 20, (x, call) =>
    gelu(x, { approximate: call.text('approximate', 'none') === 'tanh' ? 'tanh' : 'none' }),
  ),
  activation('Mish', 18, mish),
  activation('Softplus', 6, (x) => softplus(x)),
  activation('Softsign', 6, softsign),
  activation('Tanh', 6, tanh),
  activation('ThresholdedRelu', 10, (x, call) =>
    where(greater(x, fill(x.shape, call.float('alpha', 1), x.dtype)), x, zeros(x)),
  ),
  activation('Shrink', 9, shrunk),
  defineOperator({
    name: 'Clip',
    since: [6, 11],
    lower: (call) => call.output(clip(call)),
    fold: (call, [x, low, high]) => {
      if (x === undefined || (isFloating(x.type) && call.opset < 11)) return undefined;
      const [least, most] = [low?.data[0] ?? Number.NEGATIVE_INFINITY, high?.data[0] ?? Number.POSITIVE_INFINITY];
      return mapped(x.type, [x], (value) => Math.min(Math.max(value, least), most));
    },
  }),
];
