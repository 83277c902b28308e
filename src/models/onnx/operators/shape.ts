import { elements, fill, reshape, type Shape, transpose } from '../../../engine/index.ts';
import type { HostTensor } from '../format/tensor.ts';
import { axesOf, axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { stridesOf, view } from '../graph/host.ts';
import { computed, type Value } from '../graph/value.ts';
import { defineOperator, type Operator } from './defineOperator.ts';

/** Operators that give the elements another shape or order, or leave them alone. */

const reshaping = (name: string, since: readonly number[], shapeOf: (call: Call, shape: Shape) => number[]): Operator =>
  defineOperator({
    name,
    since,
    moves: true,
    lower: (call) => call.output(reshape(call.node(0), shapeOf(call, call.input(0).shape))),
    fold: (call, [x]) => x && refilled(call, x, shapeOf(call, x.shape)),
  });

function refilled(call: Call, x: HostTensor, shape: Shape): HostTensor {
  if (elements(shape) !== x.data.length)
    call.fail(`[${x.shape.join(', ')}] does not fill the shape [${shape.join(', ')}]`);
  return { ...x, shape };
}

/** The shape that `Reshape` asks for: 0 keeps a length, -1 is what is left. */
function target(call: Call, shape: Shape): number[] {
  const asked = call.numbers(1);
  const keeps = call.int('allowzero', 0) === 0;
  const lengths = asked.map((length, axis) =>
    length === 0 && keeps ? (shape[axis] ?? call.fail(`there is no axis ${axis} to keep`)) : length,
  );
  return withoutOpen(followed(call, shape, lengths), elements(shape));
}

/** A shape with its -1 replaced by what is left of this many elements. */
function withoutOpen(lengths: number[], size: number): number[] {
  const open = lengths.indexOf(-1);
  if (open < 0) return lengths;
  const others = elements(lengths.toSpliced(open, 1));
  return lengths.with(open, others === 0 ? 0 : size / others);
}

/**
 * The shape asked for, with the batch of now in place of the one that the file was written for, where that leads it.
 * @throws InputError where the batch may as well be the second axis, behind a sequence's
 */
function followed(call: Call, shape: Shape, lengths: number[]): number[] {
  const { batch } = call.lowering;
  if (batch === undefined || batch.declared === batch.actual || call.input(0).peek !== undefined) return lengths;
  const leading = withoutOpen(lengths, elements(shape))[0];
  if (lengths.length > 2 && lengths[1] === batch.declared && leading !== batch.declared && leading !== batch.actual)
    call.fail(
      `its shape [${lengths.join(', ')}] may have the batch of ${batch.declared} in either of its first two axes; export the model with a dynamic batch`,
    );
  if (shape.length === 0 || shape[0] % batch.actual !== 0 || lengths[0] % batch.declared !== 0 || lengths[0] < 1)
    return lengths;
  const larger = lengths.with(0, (lengths[0] / batch.declared) * batch.actual);
  const size = elements(shape);
  const fits = (candidate: number[]) => elements(withoutOpen(candidate, size)) === size;
  return lengths.includes(-1) || !fits(lengths) ? larger : lengths;
}

const flat = (call: Call, shape: Shape): number[] => {
  const asked = call.int('axis', 1);
  const axis = asked < 0 ? asked + shape.length : asked;
  return [elements(shape.slice(0, axis)), elements(shape.slice(axis))];
};

const squeezed = (call: Call, shape: Shape): number[] => {
  const axes = axesOf(call, shape.length, { index: 1, since: 13 });
  const wrong = axes?.find((axis) => shape[axis] !== 1);
  if (wrong !== undefined) call.fail(`axis ${wrong} of [${shape.join(', ')}] is not of length 1`);
  return shape.filter((length, axis) => (axes === null ? length !== 1 : !axes.includes(axis)));
};

const unsqueezed = (call: Call, shape: Shape): number[] => {
  const count = call.opset < 13 ? call.ints('axes').length : call.numbers(1).length;
  const rank = shape.length + count;
  const axes = new Set(axesOf(call, rank, { index: 1, since: 13 }));
  const lengths = [...shape];
  return Array.from({ length: rank }, (_, axis) => (axes.has(axis) ? 1 : (lengths.shift() ?? 1)));
};

const permutationOf = (call: Call, shape: Shape): number[] =>
  call
    .ints(
      'perm',
      shape.map((_, axis) => shape.length - 1 - axis),
    )
    .map((axis) => axisOf(call, axis, shape.length));

/** `Dropout` gives its input on and a mask that keeps all, in networks also where the file was exported in training mode. */
function kept(call: Call): Value[] {
  // A graph by itself (whose types are its own) is computed as it is written.
  const isGraph = call.lowering.floats === null;
  const trains =
    call.opset >= 12 && call.has(2) && call.numbers(2)[0] !== 0 && (!call.has(1) || call.numbers(1)[0] !== 0);
  const drops = call.opset < 7 ? call.int('is_test', 0) === 0 : trains;
  if (isGraph && drops) return call.fail('dropping at random (training_mode) is not supported');
  const x = call.input(0);
  return call.outputs > 1 ? [x, computed('bool', fill(x.shape, 1, 'bool'))] : [x];
}

export const shapes: readonly Operator[] = [
  reshaping('Reshape', [6, 14], target),
  reshaping('Flatten', [6], flat),
  reshaping('Squeeze', [6, 13], squeezed),
  reshaping('Unsqueeze', [6, 13], unsqueezed),
  defineOperator({
    name: 'Transpose',
    since: [6],
    moves: true,
    lower: (call) => call.output(transpose(call.node(0), permutationOf(call, call.input(0).shape))),
    fold: (call, [x]) => {
      if (x === undefined) return undefined;
      const permutation = permutationOf(call, x.shape);
      const strides = stridesOf(x.shape);
      return view(
        x,
        permutation.map((axis) => x.shape[axis]),
        0,
        permutation.map((axis) => strides[axis]),
      );
    },
  }),
  defineOperator({ name: 'Identity', since: [6], moves: true, lower: (call) => call.input(0) }),
  defineOperator({
    name: 'Dropout',
    since: [6, 12],
    moves: true,
    without: 'dropping: it gives its input on',
    lower: kept,
  }),
];
