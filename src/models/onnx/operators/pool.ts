import {
  averagePool2d,
  cast,
  formats,
  globalAveragePool,
  localResponseNorm,
  max,
  maxPool2d,
  mean,
  type Node,
  reshape,
} from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { windowOf } from '../graph/window.ts';
import { asPlanes, fromPlanes, rankOf } from './conv.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Pooling over one or two axes, and over all of them; normalisation across channels. */

const windowsOf = (call: Call, rank: number) => ({
  ...windowOf(call, rank, call.ints('kernel_shape')),
  ceilMode: call.int('ceil_mode', 0) !== 0,
});

function maxPool(call: Call): Node {
  const rank = rankOf(call);
  if (call.outputs > 1) call.fail('the positions of the maxima, its second output, are not supported');
  const x = call.node(0);
  const numbers = formats[x.dtype].floating ? x : cast(x, 'f32');
  return cast(fromPlanes(maxPool2d(asPlanes(numbers), windowsOf(call, rank)), rank), x.dtype);
}

function averagePool(call: Call): Node {
  const rank = rankOf(call);
  const countIncludePad = call.int('count_include_pad', 0) !== 0;
  return fromPlanes(averagePool2d(asPlanes(call.node(0)), { ...windowsOf(call, rank), countIncludePad }), rank);
}

/** The axes behind images and channels. */
const spatial = ({ shape }: Node): number[] => shape.slice(2).map((_, axis) => axis + 2);

const pooling = (name: string, compute: (call: Call) => Node, without?: string): Operator =>
  defineOperator({ name, since: [6], without, lower: (call) => call.output(compute(call)) });

function globalAverage(call: Call): Node {
  const x = call.node(0);
  if (x.shape.length !== 4) return mean(x, spatial(x), { keepDims: true });
  return reshape(globalAveragePool(x), [x.shape[0], x.shape[1], 1, 1]);
}

export const pools: readonly Operator[] = [
  pooling('MaxPool', maxPool, 'three axes; positions of the maxima'),
  pooling('AveragePool', averagePool, 'three axes'),
  pooling('GlobalAveragePool', globalAverage),
  pooling('GlobalMaxPool', (call) => max(call.node(0), spatial(call.node(0)), { keepDims: true })),
  pooling('LRN', (call) => {
    const x = call.node(0);
    return localResponseNorm(x, {
      size: call.int('size'),
      alpha: call.float('alpha', 1e-4),
      beta: call.float('beta', 0.75),
      k: call.float('bias', 1),
    });
  }),
];
