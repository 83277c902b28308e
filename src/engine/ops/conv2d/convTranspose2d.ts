import { ShapeError } from '../../errors.ts';
import { formats } from '../../graph/dtype.ts';
import type { Node } from '../../graph/op.ts';
import { describe } from '../../graph/shape.ts';
import {
  extentOf,
  type Pair,
  type PerAxis,
  paddingOf,
  pairOf,
  slidingProblem,
  slidingText,
} from '../../graph/window.ts';
import { pad } from '../shape/shape.ts';
import { conv2dGradientInput } from './conv2d.ts';
import type { Conv2dOptions } from './options.ts';

export interface ConvTranspose2dOptions extends Conv2dOptions {
  /** Rows and columns more at the end, which several lengths of an input of a convolution with a stride leave open. */
  readonly outputPadding?: PerAxis;
}

/**
 * Transposed 2-D convolution, the gradient by its input of a convolution from O to C channels: x [N, C, H, W], weight
 * [O / groups, kH, kW, C] → [N, O, H', W'], H' = (H − 1) · stride − top − bottom + dilation · (kH − 1) + outputPadding + 1, as in
 * PyTorch, whose weight is [C, O / groups, kH, kW].
 * @throws ShapeError
 */
export function convTranspose2d(
  x: Node,
  weight: Node,
  { stride = 1, padding = 0, dilation = 1, groups = 1, outputPadding = 0 }: ConvTranspose2dOptions = {},
): Node {
  const sliding = { stride: pairOf(stride), dilation: pairOf(dilation), padding: paddingOf(padding) };
  const more = pairOf(outputPadding);
  const wrong = (why: string) => {
    const how = `${slidingText(sliding)}, output padding [${more.join(', ')}], ${groups} groups`;
    return new ShapeError(`convTranspose2d(${describe(x)}, ${describe(weight)}), ${how}: ${why}`);
  };
  if (x.shape.length !== 4 || weight.shape.length !== 4)
    throw wrong('both operands have 4 axes, [N, C, H, W] and [O / groups, kH, kW, C]');
  if (x.dtype !== weight.dtype || !formats[x.dtype].floating)
    throw wrong('both operands are of one floating-point format');
  const [, channels, ...plane] = x.shape;
  const [, ...kernelAndOut] = weight.shape;
  if (kernelAndOut[2] !== channels) throw wrong(`the input has ${channels} channels, the weight ${kernelAndOut[2]}`);
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0)
    throw wrong(`the groups are a whole number from 1 that divides ${channels} channels`);
  const problem = slidingProblem(sliding);
  if (problem !== undefined) throw wrong(problem);
  const axes = ([0, 1] as const).map((i) => {
    const [step, apart, output] = [sliding.stride[i], sliding.dilation[i], more[i]];
    if (!Number.isInteger(output) || output < 0 || output >= Math.max(step, apart))
      throw wrong('the output padding is a whole number from 0 and smaller than the stride or the dilation');
    const reach = (plane[i] - 1) * step + extentOf({ kernel: kernelAndOut[i], dilation: apart });
    const axis = transposedAxis(reach, sliding.padding[i], output, step);
    if (axis.length < 1) throw wrong('the padding leaves nothing of the output');
    return axis;
  });
  const [rows, columns] = axes;
  const options = { ...sliding, padding: [rows.padding, columns.padding], groups } as const;
  const y = conv2dGradientInput(x, weight, options, [rows.length, columns.length]);
  return pad(y, [0, 0, 0, 0], [0, 0, rows.zeros, columns.zeros]);
}

/**
 * One axis of the output: its length and the convolution's padding, and zeros that follow it. An output padding below the
 * stride leaves the convolution's output as it is; a larger one takes the place of padding, and what is left are zeros.
 * @param reach pixels that the windows cover
 */
function transposedAxis(reach: number, [before, after]: Pair, outputPadding: number, stride: number) {
  if (outputPadding < stride)
    return { length: reach - before - after + outputPadding, padding: [before, after] as const, zeros: 0 };
  const left = Math.max(0, after - outputPadding);
  return {
    length: reach - before - left,
    padding: [before, left] as const,
    zeros: Math.max(0, outputPadding - after),
  };
}
