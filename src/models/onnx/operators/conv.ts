import { add, conv2d, convTranspose2d, type Node, pad, reshape, transpose } from '../../../engine/index.ts';
import type { Call } from '../graph/call.ts';
import { transposedWindowOf, windowOf } from '../graph/window.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Convolutions over one or two axes; those over one are done as over a plane of height 1. */

/** The weight [A, B, kH, kW] as [B, kH, kW, A], the device's layout of a convolution and of a transposed one. */
function weightOf(call: Call, planar: boolean): Node {
  const learned = planar ? call.parameter(1, 'conv') : null;
  if (learned !== null) return call.lowering.storing?.weight(learned) ?? learned;
  const weight = call.weight(1);
  const [first, second, ...kernel] = weight.shape;
  const [height, width] = planar ? kernel : [1, kernel[0]];
  return transpose(reshape(weight, [first, second, height, width]), [1, 2, 3, 0]);
}

/** [N, C, L] as [N, C, 1, L]. */
export const asPlanes = (x: Node): Node =>
  x.shape.length === 3 ? reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]]) : x;

/** Planes as what they were before `asPlanes`. */
export const fromPlanes = (y: Node, rank: number): Node =>
  rank === 3 ? reshape(y, [y.shape[0], y.shape[1], y.shape[3]]) : y;

/** The rank of the input. @throws InputError when it is neither 3 nor 4 */
export function rankOf(call: Call): number {
  const rank = call.input(0).shape.length;
  if (rank !== 3 && rank !== 4)
    call.fail(`its input has ${rank} axes; windows are read over one or two, [N, C, L] and [N, C, H, W]`);
  return rank;
}

const withBias = (call: Call, y: Node): Node =>
  call.has(2) ? add(y, reshape(call.node(2), [1, y.shape[1], ...y.shape.slice(2).map(() => 1)])) : y;

function convolution(call: Call): Node {
  const rank = rankOf(call);
  const { stride, padding, dilation } = windowOf(call, rank, call.input(1).shape.slice(2));
  const options = { stride, padding, dilation, groups: call.int('group', 1) };
  return withBias(call, fromPlanes(conv2d(asPlanes(call.node(0)), weightOf(call, rank === 4), options), rank));
}

function transposedConvolution(call: Call): Node {
  const rank = rankOf(call);
  const { outputPadding, cut, ...window } = transposedWindowOf(call, rank, call.input(1).shape.slice(2));
  const options = { ...window, outputPadding, groups: call.int('group', 1) };
  const y = convTranspose2d(asPlanes(call.node(0)), weightOf(call, rank === 4), options);
  const [rows, columns] = cut;
  return withBias(call, fromPlanes(pad(y, [0, 0, 0, 0], [0, 0, rows, columns]), rank));
}

export const convolutions: readonly Operator[] = [
  defineOperator({
    name: 'Conv',
    since: [6],
    without: 'three axes',
    lower: (call) => call.output(convolution(call)),
  }),
  defineOperator({
    name: 'ConvTranspose',
    since: [6],
    without: 'three axes',
    lower: (call) => call.output(transposedConvolution(call)),
  }),
];
