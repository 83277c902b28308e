import type { Call } from './call.ts';

/** An axis counted from the front. @throws InputError when there is no such axis */
export function axisOf(call: Call, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  return positive >= 0 && positive < rank ? positive : call.fail(`there is no axis ${axis} among ${rank}`);
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
