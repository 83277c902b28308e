import { add, conv2d, type Node, pad, reshape, transpose } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { type Window, windowOf } from './window.ts';

/** Convolutions over one or two axes; those over one are done as over a plane of height 1. */

/** The weight [C/groups, kH, kW, O] in the device's layout. */
function weightOf(call: Call, planar: boolean): Node {
  if (planar) {
    const own = call.parameter(1, 'conv');
    if (own !== null) return call.lowering.storing?.weight(own) ?? own;
  }
  const weight = call.weight(1);
  const [out, channels, ...kernel] = weight.shape;
  const [height, width] = planar ? kernel : [1, kernel[0]];
  return transpose(reshape(weight, [out, channels, height, width]), [1, 2, 3, 0]);
}

/** [N, C, L] as [N, C, 1, L]. */
export const asPlanes = (x: Node): Node =>
  x.shape.length === 3 ? reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]) : x;

/** Planes as what they were before `asPlanes`. */
export const fromPlanes = (y: Node, rank: number): Node =>
  rank === 3 ? reshape(y, [y.shape[0], y.shape[1], y.shape[3]]) : y;

function convolution(call: Call): Node {
  const x = call.input(0);
  const rank = x.shape.length;
  if (rank !== 3 && rank !== 4)
    call.fail(`its input has ${rank} axes; convolutions are read over one or two, [N, C, L] and [N, C, H, W]`);
  const window = windowOf(call, rank, call.input(1).shape.slice(2));
  const y = convolved(call, asPlanes(call.node(0)), weightOf(call, rank === 4), window);
  const out = fromPlanes(y, rank);
  return call.has(2) ? add(out, reshape(call.node(2), [1, out.shape[1], ...out.shape.slice(2).map(() => 1)])) : out;
}

function convolved(call: Call, x: Node, weight: Node, { stride, padding, dilation }: Window): Node {
  if (call.int('group', 1) !== 1 || dilation.some((step) => step !== 1) || stride[0] !== stride[1])
    return call.fail('groups, dilations and strides that differ are not supported');
  const [[top, bottom], [left, right]] = padding;
  const even = top === bottom && left === right && top === left;
  if (even) return conv2d(x, weight, { stride: stride[0], padding: top });
  return conv2d(pad(x, [0, 0, top, left], [0, 0, bottom, right]), weight, { stride: stride[0] });
}

export const convolutions: readonly Operator[] = [
  defineOperator({ name: 'Conv', since: [7], lower: (call) => call.output(convolution(call)) }),
];
