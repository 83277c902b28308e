import type { Node } from '../../graph/op.ts';
import { commonOf, extentOf, type Pair, type Sliding } from '../../graph/window.ts';
import { pad, reshape, slice, transpose } from '../shape/shape.ts';
import { exactConv2d, exactConv2dGradientInput } from './exactConv2d.ts';
import type { GroupedAttributes } from './groupedGeometry.ts';

/** Exact convolution of f64 whose windows slide as they like, by exact convolutions of squares and ops that only move elements. */

/** x [N, C, H, W] with the padding around its planes, less what is padded elsewhere. */
export function padAround(x: Node, [[top, bottom], [left, right]]: Sliding['padding'], less = 0): Node {
  return pad(x, [0, 0, top - less, left - less], [0, 0, bottom - less, right - less]);
}

/** The inverse of `padAround`: planes without their frame. */
export function cutAround(x: Node, [[top, bottom], [left, right]]: Sliding['padding'], less = 0): Node {
  const [images, channels, height, width] = x.shape;
  const [firstRow, firstColumn] = [top - less, left - less];
  return slice(x, [0, 0, firstRow, firstColumn], [images, channels, height - (bottom - less), width - (right - less)]);
}

/** Whether exact convolutions of squares know these strides and dilations. */
const areSquares = ({ stride, dilation }: Sliding) => commonOf(stride) !== null && commonOf([...dilation, 1]) !== null;

const leastPadding = ({ padding }: Sliding) => Math.min(...padding.flat());

/** Rows and columns with their padding. */
const paddedPlane = ([height, width]: Pair, [[top, bottom], [left, right]]: Sliding['padding']): Pair => [
  top + height + bottom,
  left + width + right,
];

/** Places in a padded plane at which windows with stride 1 begin. */
function placesIn([height, width]: Pair, { shape: [, kernelHeight, kernelWidth] }: Node, { dilation }: Sliding): Pair {
  const [rows, columns] = dilation;
  return [
    height - extentOf({ kernel: kernelHeight, dilation: rows }) + 1,
    width - extentOf({ kernel: kernelWidth, dilation: columns }) + 1,
  ];
}

/** `conv2d` of f64. @param how was checked against both operands */
export function exactWindows(x: Node, weight: Node, how: GroupedAttributes): Node {
  const { stride, dilation, padding, groups } = how;
  if (areSquares(how)) {
    const least = leastPadding(how);
    return exactConv2d(padAround(x, padding, least), weight, { stride: stride[0], padding: least, groups });
  }
  const [images, , height, width] = x.shape;
  const places = placesIn(paddedPlane([height, width], padding), weight, how);
  const y = exactConv2d(toPhases(padAround(x, padding), dilation), weight, { groups });
  return everyNth(fromPhases(y, images, dilation, places), stride);
}

/** The gradient of `exactWindows` by x, whose planes are given: each of its steps transposed, from the last to the first. */
export function exactWindowsGradientInput(gradient: Node, weight: Node, how: GroupedAttributes, plane: Pair): Node {
  const { stride, dilation, padding, groups } = how;
  if (areSquares(how)) {
    const least = leastPadding(how);
    const [height, width] = paddedPlane(plane, padding).map((length) => length - 2 * least);
    const options = { stride: stride[0], padding: least, groups, height, width };
    return cutAround(exactConv2dGradientInput(gradient, weight, options), padding, least);
  }
  const whole = paddedPlane(plane, padding);
  const atPlaces = spreadOut(gradient, stride, placesIn(whole, weight, how));
  const [height, width] = whole.map((length, i) => Math.ceil(length / dilation[i]));
  const options = { stride: 1, padding: 0, groups, height, width };
  const phases = toPhases(atPlaces, dilation, placesIn([height, width], weight, { ...how, dilation: [1, 1] }));
  const dx = exactConv2dGradientInput(phases, weight, options);
  return cutAround(fromPhases(dx, gradient.shape[0], dilation, whole), padding);
}

/**
 * Pixels that are `dilation` apart, as planes of their own: [N, C, H, W] → [rows · columns · N, C, ⌈H / rows⌉, ⌈W / columns⌉]. A
 * window sees pixels of one such plane, side by side.
 * @param planes their rows and columns, where zeros are to follow
 */
function toPhases(x: Node, [rows, columns]: Pair, planes = quotients(x, [rows, columns])): Node {
  const [images, channels] = x.shape;
  const whole = upTo(x, [rows * planes[0], columns * planes[1]]);
  const split = reshape(whole, [images * channels, planes[0], rows, planes[1], columns]);
  return reshape(transpose(split, [2, 4, 0, 1, 3]), [rows * columns * images, channels, ...planes]);
}

/** The inverse of `toPhases`; of the pixels, the first `height` · `width`. */
function fromPhases(y: Node, images: number, [rows, columns]: Pair, [height, width]: Pair): Node {
  const [, channels, ...planes] = y.shape;
  const split = reshape(y, [rows, columns, images * channels, ...planes]);
  const whole = reshape(transpose(split, [2, 3, 0, 4, 1]), [images, channels, rows * planes[0], columns * planes[1]]);
  return slice(whole, [0, 0, 0, 0], [images, channels, height, width]);
}

/** Every n-th row and column, from the first. */
function everyNth(y: Node, [rows, columns]: Pair): Node {
  const [images, channels] = y.shape;
  const planes = quotients(y, [rows, columns]);
  const whole = upTo(y, [rows * planes[0], columns * planes[1]]);
  const split = reshape(whole, [images * channels, planes[0], rows, planes[1], columns]);
  const first = slice(split, [0, 0, 0, 0, 0], [images * channels, planes[0], 1, planes[1], 1]);
  return reshape(first, [images, channels, ...planes]);
}

/** The transpose of `everyNth`: rows and columns at every n-th place of planes of zeros. */
function spreadOut(y: Node, [rows, columns]: Pair, [height, width]: Pair): Node {
  const [images, channels, ...planes] = y.shape;
  const single = reshape(y, [images * channels, planes[0], 1, planes[1], 1]);
  const split = pad(single, [0, 0, 0, 0, 0], [0, 0, rows - 1, 0, columns - 1]);
  const whole = reshape(split, [images, channels, rows * planes[0], columns * planes[1]]);
  return slice(whole, [0, 0, 0, 0], [images, channels, height, width]);
}

/** Planes' lengths in whole steps. */
const quotients = ({ shape: [, , height, width] }: Node, [rows, columns]: Pair): Pair => [
  Math.ceil(height / rows),
  Math.ceil(width / columns),
];

/** Zeros behind the last row and column, up to a number of them. */
function upTo(x: Node, [height, width]: Pair): Node {
  return pad(x, [0, 0, 0, 0], [0, 0, height - x.shape[2], width - x.shape[3]]);
}
