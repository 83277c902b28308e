import { cast, fill, type Node, pad, where } from '../../../engine/index.ts';
import { axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { MOST_ON_HOST } from '../graph/host.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { along, pick } from './part.ts';

/** Widths to add before and behind an axis; negative ones cut. */
type Widths = readonly [before: number, after: number];

/** The widths of each axis. */
function widthsOf(call: Call, rank: number): Widths[] {
  const pads = call.opset < 11 ? call.ints('pads') : call.numbers(1);
  const axes = call.opset >= 18 && call.has(3) ? call.numbers(3) : Array.from({ length: rank }, (_, axis) => axis);
  if (pads.length !== 2 * axes.length)
    call.fail(`it has ${pads.length} pads for ${axes.length} axes; there must be twice as many`);
  const widths = Array.from({ length: rank }, (): Widths => [0, 0]);
  axes.forEach((axis, i) => {
    widths[axisOf(call, axis, rank)] = [pads[i], pads[axes.length + i]];
  });
  return widths;
}

/** For each element along a padded axis, the element of the input that it is. */
function sourcesOf(call: Call, mode: string, length: number, [before, after]: Widths): number[] {
  const padded = before + length + after;
  if (!(padded >= 1 && padded <= MOST_ON_HOST))
    call.fail(`it pads an axis of ${length} to ${padded}, which is not supported`);
  return Array.from({ length: padded }, (_, i) => {
    const at = i - before;
    if (mode === 'edge') return Math.min(Math.max(at, 0), length - 1);
    if (mode === 'wrap') return ((at % length) + length) % length;
    const period = 2 * (length - 1);
    if (period === 0) return 0;
    const folded = ((at % period) + period) % period;
    return folded < length ? folded : period - folded;
  });
}

function padded(call: Call): Node {
  const x = call.node(0);
  const widths = widthsOf(call, x.shape.length);
  const mode = call.text('mode', 'constant');
  if (mode !== 'constant')
    return widths.reduce(
      (result, width, axis) =>
        width[0] === 0 && width[1] === 0 ? result : pick(result, axis, sourcesOf(call, mode, x.shape[axis], width)),
      x,
    );
  const cut = widths.reduce((result, [before, after], axis) => {
    const length = result.shape[axis];
    return along(result, axis, Math.max(0, -before), length + Math.min(0, after));
  }, x);
  const value = call.opset < 11 ? call.float('value', 0) : call.has(2) ? call.numbers(2)[0] : 0;
  return filledAround(cut, widths, value);
}

function filledAround(x: Node, widths: readonly Widths[], value: number): Node {
  const around = (node: Node) =>
    pad(
      node,
      widths.map(([before]) => Math.max(0, before)),
      widths.map(([, after]) => Math.max(0, after)),
    );
  const zeros = around(x);
  if (value === 0 || zeros === x) return zeros;
  const isInside = cast(around(fill(x.shape, 1, 'f32')), 'bool');
  return where(isInside, zeros, fill(zeros.shape, value, x.dtype));
}

export const paddings: readonly Operator[] = [
  defineOperator({ name: 'Pad', since: [6, 11, 18], moves: true, lower: (call) => call.output(padded(call)) }),
];
