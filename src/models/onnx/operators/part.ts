import {
  cast,
  concatenate,
  expand,
  gather,
  literal,
  type Node,
  reshape,
  type Shape,
  slice,
} from '../../../engine/index.ts';
import type { HostTensor } from '../format/tensor.ts';
import { axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { broadcastShape, expanded, joined, stridesOf, taken, view } from '../graph/host.ts';
import type { Value } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators that cut, join and repeat tensors. */

/** The part of x from `start` to `end` along one axis. */
export const along = (x: Node, axis: number, start: number, end: number): Node =>
  slice(
    x,
    x.shape.map((_, i) => (i === axis ? start : 0)),
    x.shape.with(axis, end),
  );

/** Entries of x by known indices along an axis. */
export function pick(x: Node, axis: number, indices: readonly number[]): Node {
  const [first] = indices;
  if (indices.every((index, i) => index === first + i)) return along(x, axis, first, first + indices.length);
  return gather(x, literal(Int32Array.from(indices), [indices.length], 'i32'), axis);
}

/** For each axis the first index, the step, and how many are taken. */
interface Steps {
  readonly starts: number[];
  readonly steps: number[];
  readonly shape: number[];
}

/** What `Slice` takes, by NumPy's rules: bounds beyond the tensor are moved to its ends. */
function stepsOf(call: Call, shape: Shape): Steps {
  const old = call.opset < 10;
  const from = old ? call.ints('starts') : call.numbers(1);
  const to = old ? call.ints('ends') : call.numbers(2);
  const axesGiven = old ? call.attribute('axes') : call.has(3);
  const named = axesGiven ? (old ? call.ints('axes') : call.numbers(3)) : from.map((_, i) => i);
  const stepsGiven = !old && call.has(4) ? call.numbers(4) : from.map(() => 1);
  const result: Steps = { starts: shape.map(() => 0), steps: shape.map(() => 1), shape: [...shape] };
  named.forEach((each, i) => {
    const axis = axisOf(call, each, shape.length);
    const [length, step] = [shape[axis], stepsGiven[i]];
    if (step === 0) call.fail('a step is 0');
    const within = (bound: number, least: number, most: number) =>
      Math.min(Math.max(bound < 0 ? bound + length : bound, least), most);
    const start = step > 0 ? within(from[i], 0, length) : within(from[i], 0, length - 1);
    const end = step > 0 ? within(to[i], 0, length) : within(to[i], -1, length - 1);
    result.starts[axis] = start;
    result.steps[axis] = step;
    result.shape[axis] = Math.max(0, Math.ceil((end - start) / step));
  });
  return result;
}

function sliced(call: Call, x: Node): Node {
  const { starts, steps, shape } = stepsOf(call, x.shape);
  if (shape.includes(0)) call.fail('its result has no elements, and no device holds it');
  return shape.reduce((part, length, axis) => {
    const [start, step] = [starts[axis], steps[axis]];
    if (step === 1) return along(part, axis, start, start + length);
    const indices = Array.from({ length }, (_, i) => start + i * step);
    return pick(part, axis, indices);
  }, x);
}

function slicedOnHost(call: Call, x: HostTensor): HostTensor | undefined {
  const { starts, steps, shape } = stepsOf(call, x.shape);
  const strides = stridesOf(x.shape);
  const offset = starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);
  return view(
    x,
    shape,
    offset,
    steps.map((step, axis) => step * strides[axis]),
  );
}

/** Lengths of the parts of `Split`. */
function partsOf(call: Call, length: number): number[] {
  if (call.opset < 13 && call.attribute('split')) return call.ints('split');
  if (call.opset >= 13 && call.has(1)) return call.numbers(1);
  const count = call.opset >= 18 ? call.int('num_outputs', call.outputs) : call.outputs;
  const part = Math.ceil(length / count);
  return Array.from({ length: count }, (_, i) => Math.min(part, length - i * part));
}

function split(call: Call): Value[] {
  const x = call.node(0);
  const axis = axisOf(call, call.int('axis', 0), x.shape.length);
  let start = 0;
  return partsOf(call, x.shape[axis]).map((length) => {
    start += length;
    return call.output(along(x, axis, start - length, start));
  });
}

/** Copies one behind the other along each axis. */
const tiled = (x: Node, repeats: readonly number[]): Node =>
  repeats.reduce((result, count, axis) => {
    if (count === 1) return result;
    const { shape, size } = result;
    const outer = shape.slice(0, axis).reduce((product, length) => product * length, 1);
    const copies = expand(reshape(result, [outer, 1, size / outer]), [outer, count, size / outer]);
    return reshape(copies, shape.with(axis, shape[axis] * count));
  }, x);

function expandedShape(call: Call, shape: Shape): number[] {
  return (
    broadcastShape([shape, call.numbers(1)]) ??
    call.fail(`[${shape.join(', ')}] does not broadcast to [${call.numbers(1).join(', ')}]`)
  );
}

function gathered(call: Call): Node {
  const x = call.node(0);
  const axis = axisOf(call, call.int('axis', 0), x.shape.length);
  const { shape, peek } = call.input(1);
  if (peek === undefined) return gather(x, cast(call.node(1), 'i32'), axis);
  const indices = call.numbers(1).map((index) => axisIndex(call, index, x.shape[axis]));
  return reshape(pick(x, axis, indices), [...x.shape.slice(0, axis), ...shape, ...x.shape.slice(axis + 1)]);
}

const axisIndex = (call: Call, index: number, length: number): number => {
  const positive = index < 0 ? index + length : index;
  return positive >= 0 && positive < length ? positive : call.fail(`there is no index ${index} among ${length}`);
};

/**
 * Operands one behind the other. Of a file that was written for a batch of one, what each image has alike, a class token, is
 * repeated for the batch at hand.
 */
function concatenated(call: Call): Node {
  const nodes = call.inputs.map((_, i) => call.node(i));
  const axis = axisOf(call, call.int('axis'), nodes[0].shape.length);
  const { batch } = call.lowering;
  if (batch === undefined || batch.declared !== 1 || axis === 0) return concatenate(nodes, axis);
  const longest = Math.max(...nodes.map(({ shape }) => shape[0]));
  const follows = ({ shape }: Node) => shape[0] === 1 && longest % batch.actual === 0;
  return concatenate(
    nodes.map((node) => (follows(node) ? expand(node, node.shape.with(0, longest)) : node)),
    axis,
  );
}

export const parts: readonly Operator[] = [
  defineOperator({
    name: 'Concat',
    since: [6],
    moves: true,
    lower: (call) => call.output(concatenated(call)),
    fold: (call, inputs) => {
      const known = inputs.filter((input) => input !== undefined);
      return joined(known, axisOf(call, call.int('axis'), known[0].shape.length));
    },
  }),
  defineOperator({ name: 'Split', since: [6, 13, 18], moves: true, lower: split }),
  defineOperator({
    name: 'Slice',
    since: [6, 10],
    moves: true,
    lower: (call) => call.output(sliced(call, call.node(0))),
    fold: (call, [x]) => x && slicedOnHost(call, x),
  }),
  defineOperator({
    name: 'Gather',
    since: [6],
    moves: true,
    lower: (call) => call.output(gathered(call)),
    fold: (call, [x, indices]) => {
      if (x === undefined || indices === undefined) return undefined;
      const axis = axisOf(call, call.int('axis', 0), x.shape.length);
      const picked = taken(x, indices, axis);
      return picked === null ? call.fail(`an index is beyond the ${x.shape[axis]} entries of axis ${axis}`) : picked;
    },
  }),
  defineOperator({
    name: 'Expand',
    since: [8],
    moves: true,
    lower: (call) => call.output(expand(call.node(0), expandedShape(call, call.input(0).shape))),
    fold: (call, [x]) => x && expanded(x, expandedShape(call, x.shape)),
  }),
  defineOperator({
    name: 'Tile',
    since: [6],
    moves: true,
    lower: (call) => call.output(tiled(call.node(0), call.numbers(1))),
  }),
];
