import type { NodeWriter, Writing } from './writing.ts';

/** Ops that move elements, and reductions over axes. */

/** ReduceMean, ReduceMax and ReduceMin take their axes as an operand from this opset on; ReduceSum does in all that are written. */
const AXES_AS_OPERAND = 18;

/** Reduces axes of a tensor by name. @param keepdims whether they stay, of length 1 */
export function reduced(
  writing: Writing,
  opType: string,
  name: string,
  axes: readonly number[],
  keepdims: 0 | 1 = 0,
): string {
  const asOperand = opType === 'ReduceSum' || writing.opset >= AXES_AS_OPERAND;
  return asOperand
    ? writing.emit(opType, [name, writing.integers(axes)], { keepdims })
    : writing.emit(opType, [name], { axes, keepdims });
}

const reduction =
  (opType: string): NodeWriter =>
  ({ inputs: [x], attributes }, writing) =>
    reduced(writing, opType, writing.name(x), attributes.axes as readonly number[]);

const writeSlice: NodeWriter = (node, writing) => {
  const [x] = node.inputs;
  const [starts, ends] = [node.attributes.starts, node.attributes.ends] as (readonly number[])[];
  // A whole axis is left out, so that the batch may have any length.
  const axes = [...starts.keys()].filter((axis) => starts[axis] !== 0 || ends[axis] !== x.shape[axis]);
  const lengths = writing.shapeOf(node);
  if (axes.some((axis) => lengths[axis] === -1)) writing.fail(node, 'it cuts along the batch');
  const operands = [axes.map((axis) => starts[axis]), axes.map((axis) => ends[axis]), axes].map(writing.integers);
  return writing.emit('Slice', [writing.name(x), ...operands]);
};

const writeExpand: NodeWriter = (node, writing) => {
  const [x] = node.inputs;
  return writing.emit('Expand', [writing.name(x), writing.lengths(node)]);
};

const writePad: NodeWriter = ({ inputs: [x], attributes }, writing) => {
  const widths = [attributes.before, attributes.after] as (readonly number[])[];
  return writing.emit('Pad', [writing.name(x), writing.integers(widths.flat())]);
};

export const shapes: readonly (readonly [op: string, write: NodeWriter])[] = [
  [
    'reshape',
    (node, writing) => writing.emit('Reshape', [writing.name(node.inputs[0]), writing.integers(writing.shapeOf(node))]),
  ],
  [
    'transpose',
    ({ inputs: [x], attributes }, writing) =>
      writing.emit('Transpose', [writing.name(x)], { perm: attributes.permutation as readonly number[] }),
  ],
  [
    'gather',
    ({ inputs: [x, indices], attributes }, writing) =>
      writing.emit('Gather', [writing.name(x), writing.name(indices)], { axis: Number(attributes.axis) }),
  ],
  ['slice', writeSlice],
  ['expand', writeExpand],
  ['pad', writePad],
  [
    'concatenate',
    ({ inputs, attributes }, writing) =>
      writing.emit('Concat', inputs.map(writing.name), { axis: attributes.axis as number }),
  ],
  ['sum', reduction('ReduceSum')],
  ['mean', reduction('ReduceMean')],
  ['max', reduction('ReduceMax')],
  ['min', reduction('ReduceMin')],
  ['softmax', ({ inputs: [x] }, writing) => writing.emit('Softmax', [writing.name(x)], { axis: -1 })],
  ['logSoftmax', ({ inputs: [x] }, writing) => writing.emit('LogSoftmax', [writing.name(x)], { axis: -1 })],
];
