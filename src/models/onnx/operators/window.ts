import type { Call } from '../graph/call.ts';

/** How a window moves over a plane, for its two axes. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Before and behind each axis. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
}

/** Numbers of one or two axes as those of two; a missing height is 1 and does not move. */
const ofPlane = (numbers: readonly number[], first: number): [number, number] =>
  numbers.length === 1 ? [first, numbers[0]] : [numbers[0], numbers[1]];

/**
 * The window of a convolution or pooling, with `auto_pad` resolved for the input's size.
 * @param rank of the input: 3 or 4
 * @throws InputError when an attribute has not one number for each axis
 */
export function windowOf(call: Call, rank: number, kernel: readonly number[]): Window {
  const axes = rank - 2;
  const numbers = (name: string, count: number, otherwise: number): number[] => {
    const given = call.ints(name, Array(count).fill(otherwise));
    if (given.length !== count) call.fail(`its ${name} are [${given.join(', ')}]; they must be ${count} numbers`);
    return given;
  };
  if (kernel.length !== axes) call.fail(`its kernel is [${kernel.join(', ')}]; it must have ${axes} lengths`);
  const stride = numbers('strides', axes, 1);
  const dilation = numbers('dilations', axes, 1);
  const pads = padsOf(call, rank, kernel, stride, dilation, () => numbers('pads', 2 * axes, 0));
  const plane = ofPlane(
    pads.slice(0, axes).map((_, axis) => axis),
    -1,
  );
  const padding = plane.map((axis): [number, number] => (axis < 0 ? [0, 0] : [pads[axis], pads[axes + axis]]));
  return {
    kernel: ofPlane(kernel, 1),
    stride: ofPlane(stride, 1),
    dilation: ofPlane(dilation, 1),
    padding: [padding[0], padding[1]],
  };
}

/** Padding as ONNX lists it: before each axis, then behind each. */
function padsOf(
  call: Call,
  rank: number,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
  explicit: () => number[],
): number[] {
  const mode = call.text('auto_pad', 'NOTSET');
  if (mode === 'NOTSET' || mode === '') return explicit();
  if (mode === 'VALID') return Array(2 * (rank - 2)).fill(0);
  if (mode !== 'SAME_UPPER' && mode !== 'SAME_LOWER')
    return call.fail(`its auto_pad is ${mode}, which ONNX does not know`);
  const totals = call
    .input(0)
    .shape.slice(2)
    .map((length, axis) => {
      const out = Math.ceil(length / stride[axis]);
      return Math.max(0, (out - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - length);
    });
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total) => Math.ceil(total / 2));
  return mode === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less];
}
