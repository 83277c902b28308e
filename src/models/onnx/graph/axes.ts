import type { Shape } from '../../../engine/index.ts';
import type { Call } from './call.ts';

/** An axis counted from the front. @throws InputError when there is no such axis */
export function axisOf(call: Call, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  return positive >= 0 && positive < rank ? positive : call.fail(`there is no axis ${axis} among ${rank}`);
}

/**
 * The shape that a second operand has beside a first one. Until opset 7 an attribute tells the axis of the first that the second
 * begins at, and it is stretched behind; without one, both are as NumPy's.
 */
export function besideFirst(call: Call, first: Shape, second: Shape): Shape {
  if (call.opset >= 7 || !call.attribute('axis')) return second;
  const behind = first.length - axisOf(call, call.int('axis'), first.length) - second.length;
  if (behind < 0)
    call.fail(`[${second.join(', ')}] does not fit [${first.join(', ')}] from axis ${call.int('axis')} on`);
  return [...second, ...Array.from({ length: behind }, () => 1)];
}

/**
 * Axes counted from the front, in an attribute or, since an opset, in an input.
 * @returns null where the node names none
 */
export function axesOf(
  call: Call,
  rank: number,
  input: { readonly index: number; readonly since: number },
): number[] | null {
  const given =
    call.opset >= input.since
      ? call.has(input.index)
        ? call.numbers(input.index)
        : null
      : call.attribute('axes')
        ? call.ints('axes')
        : null;
  return given?.map((axis) => axisOf(call, axis, rank)) ?? null;
}
