import { globalAveragePool, max, maxPool2d, mean, type Node, reshape } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { asPlanes, fromPlanes } from './conv.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { windowOf } from './window.ts';

/** Pooling over one or two axes, and over all of them. */

function maxPool(call: Call): Node {
  const rank = call.input(0).shape.length;
  if (rank !== 3 && rank !== 4)
    call.fail(`its input has ${rank} axes; pooling is read over one or two, [N, C, L] and [N, C, H, W]`);
  if (call.outputs > 1) call.fail('the positions of the maxima, its second output, are not supported');
  const { kernel, stride, dilation, padding } = windowOf(call, rank, call.ints('kernel_shape'));
  const [[top, bottom], [left, right]] = padding;
  const plain =
    kernel[0] === kernel[1] &&
    stride[0] === stride[1] &&
    dilation.every((step) => step === 1) &&
    new Set([top, bottom, left, right]).size === 1 &&
    call.int('ceil_mode', 0) === 0;
  if (!plain) call.fail('kernels, strides and paddings that differ by axis, dilations and ceil_mode are not supported');
  return fromPlanes(maxPool2d(asPlanes(call.node(0)), { kernel: kernel[0], stride: stride[0], padding: top }), rank);
}

/** The axes behind images and channels. */
const spatial = ({ shape }: Node): number[] => shape.slice(2).map((_, axis) => axis + 2);

const overAll = (name: string, compute: (x: Node) => Node): Operator =>
  defineOperator({ name, since: [7], lower: (call) => call.output(compute(call.node(0))) });

export const pools: readonly Operator[] = [
  defineOperator({ name: 'MaxPool', since: [7], lower: (call) => call.output(maxPool(call)) }),
  overAll('GlobalAveragePool', (x) =>
    x.shape.length === 4
      ? reshape(globalAveragePool(x), [x.shape[0], x.shape[1], 1, 1])
      : mean(x, spatial(x), { keepDims: true }),
  ),
  overAll('GlobalMaxPool', (x) => max(x, spatial(x), { keepDims: true })),
];
