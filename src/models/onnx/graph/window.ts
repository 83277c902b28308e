import type { Call } from './call.ts';

type Pair = readonly [number, number];

/** How a window moves over a plane, for its two axes. */
export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Before and behind each axis. */
  readonly padding: readonly [Pair, Pair];
}

/** What ONNX lists for one or two axes. */
interface Listed {
  readonly lengths: readonly number[];
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** Numbers of one or two axes as those of two: a missing height has `first`. */
const ofPlane = (numbers: readonly number[], first: number): Pair =>
  numbers.length === 1 ? [first, numbers[0]] : [numbers[0], numbers[1]];

/** An attribute with a number for each axis. @throws InputError when it has not as many */
function numbersOf(call: Call, name: string, count: number, otherwise: number): number[] {
  const numbers = call.ints(name, Array(count).fill(otherwise));
  if (numbers.length !== count)
    call.fail(`its ${name} are [${numbers.join(', ')}]; there must be ${count} ${count === 1 ? 'number' : 'numbers'}`);
  return numbers;
}

function listed(call: Call, rank: number, kernel: readonly number[]): Listed {
  const axes = rank - 2;
  if (kernel.length !== axes) call.fail(`its kernel is [${kernel.join(', ')}]; it must have ${axes} lengths`);
  return {
    lengths: call.input(0).shape.slice(2),
    kernel,
    stride: numbersOf(call, 'strides', axes, 1),
    dilation: numbersOf(call, 'dilations', axes, 1),
  };
}

const windowFrom = (
  { kernel, stride, dilation }: Listed,
  before: readonly number[],
  after: readonly number[],
): Window => {
  const [tops, bottoms] = [ofPlane(before, 0), ofPlane(after, 0)];
  return {
    kernel: ofPlane(kernel, 1),
    stride: ofPlane(stride, 1),
    dilation: ofPlane(dilation, 1),
    padding: [
      [tops[0], bottoms[0]],
      [tops[1], bottoms[1]],
    ],
  };
};

/** Totals of padding, halved: the odd one behind, or before where `auto_pad` is SAME_LOWER. */
function halved(totals: readonly number[], oddBefore: boolean): [before: number[], after: number[]] {
  const less = totals.map((total) => Math.floor(total / 2));
  const more = totals.map((total, axis) => total - less[axis]);
  return oddBefore ? [more, less] : [less, more];
}

/** The padding that `auto_pad` asks for; null: the attribute `pads` says it. */
function autoPad(call: Call): 'same upper' | 'same lower' | 'none' | null {
  const mode = call.text('auto_pad', 'NOTSET');
  switch (mode) {
    case 'NOTSET':
    case '':
      return null;
    case 'VALID':
      return 'none';
    case 'SAME_UPPER':
      return 'same upper';
    case 'SAME_LOWER':
      return 'same lower';
    default:
      return call.fail(`its auto_pad is ${mode}, which ONNX does not know`);
  }
}

function givenPads(call: Call, axes: number): [before: number[], after: number[]] {
  const pads = numbersOf(call, 'pads', 2 * axes, 0);
  return [pads.slice(0, axes), pads.slice(axes)];
}

/**
 * The window of a convolution or pooling.
 * @param rank of the input: 3 or 4
 * @throws InputError when an attribute has not one number for each axis
 */
export function windowOf(call: Call, rank: number, kernel: readonly number[]): Window {
  const window = listed(call, rank, kernel);
  const mode = autoPad(call);
  if (mode === null) return windowFrom(window, ...givenPads(call, rank - 2));
  const { lengths, stride, dilation } = window;
  const totals = lengths.map((length, axis) => {
    if (mode === 'none') return 0;
    const out = Math.ceil(length / stride[axis]);
    return Math.max(0, (out - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1 - length);
  });
  return windowFrom(window, ...halved(totals, mode === 'same lower'));
}

/** The window of a transposed convolution. */
export interface TransposedWindow extends Omit<Window, 'kernel'> {
  readonly outputPadding: Pair;
  /** Zeros behind the output, where a size is asked for that no output padding gives. */
  readonly cut: Pair;
}

/** @throws InputError when an attribute has not one number for each axis, or the output shape is out of reach */
export function transposedWindowOf(call: Call, rank: number, kernel: readonly number[]): TransposedWindow {
  const axes = rank - 2;
  const window = listed(call, rank, kernel);
  const { lengths, stride, dilation } = window;
  const more = numbersOf(call, 'output_padding', axes, 0);
  const mode = autoPad(call);
  const asked = call.attribute('output_shape') ? call.ints('output_shape').slice(-axes) : null;
  const reach = lengths.map(
    (length, axis) => (length - 1) * stride[axis] + more[axis] + (kernel[axis] - 1) * dilation[axis] + 1,
  );
  const isSame = mode === 'same upper' || mode === 'same lower';
  const wanted = asked ?? (isSame ? lengths.map((length, axis) => length * stride[axis]) : null);
  const explicit = mode === null ? givenPads(call, axes) : [lengths.map(() => 0), lengths.map(() => 0)];
  // A total below 0 is a size beyond the reach of the windows: zeros.
  const totals = wanted?.map((length, axis) => reach[axis] - length);
  const [before, after] =
    totals === undefined
      ? explicit
      : halved(
          totals.map((total) => Math.max(0, total)),
          mode !== 'same upper',
        );
  const { kernel: _, ...rest } = windowFrom(window, before, after);
  return {
    ...rest,
    outputPadding: ofPlane(more, 0),
    cut: ofPlane(totals?.map((total) => Math.max(0, -total)) ?? lengths.map(() => 0), 0),
  };
}
