import { hostArray, literal, matmul, type Node, reshape, type Shape, transpose } from '../../../engine/index.ts';
import { axisOf } from '../graph/axes.ts';
import type { Call } from '../graph/call.ts';
import { defineOperator, type Operator } from './defineOperator.ts';
import { pick } from './part.ts';

/** Resizing of images, and the exchange of channels and pixels. */

/** The pixels that a pixel of the result is made of, with their weights. */
type Taps = readonly (readonly [index: number, weight: number])[];

/** How an axis is resized. */
interface Axis {
  readonly length: number;
  readonly out: number;
  readonly scale: number;
  /** First and last pixel of `tf_crop_and_resize`, as shares of the axis. */
  readonly region: readonly [number, number];
}

/** The place in the input of each pixel of the result, by ONNX's `coordinate_transformation_mode`. */
function placeOf(call: Call, mode: string, { length, out, scale, region }: Axis, i: number): number {
  switch (mode) {
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      // As if the result were as long as the scale asks for, about the same centre.
      const adjustment = out / (scale * length);
      return (length / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return out > 1 ? (i + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      // The length before it is rounded to whole pixels, as ONNX's own evaluator has it.
      return out > 1 ? (i * (length - 1)) / (scale * length - 1) : 0;
    case 'asymmetric':
      return i / scale;
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale;
    case 'tf_crop_and_resize': {
      const [start, end] = region;
      const place =
        out > 1
          ? start * (length - 1) + (i * (end - start) * (length - 1)) / (scale * length - 1)
          : 0.5 * (start + end) * (length - 1);
      return place >= 0 && place <= length - 1 ? place : call.fail('a region beyond the image is not supported');
    }
    default:
      return call.fail(`its coordinate_transformation_mode is ${mode}, which ONNX does not know`);
  }
}

const ROUNDED: Readonly<Record<string, (place: number) => number>> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** Weights of the four pixels around a place, of Keys' cubic convolution (1981). @param t distance from the second */
function cubicWeights(t: number, a: number): number[] {
  const near = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const far = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [far(1 + t), near(t), near(1 - t), far(2 - t)];
}

/** The longest side that images are resized from and to. */
const LONGEST_SIDE = 8192;

/** @throws InputError for a length that no image has */
function checkLength(call: Call, { length, out }: Pick<Axis, 'length' | 'out'>): void {
  if (!(out >= 1 && Math.max(length, out) <= LONGEST_SIDE))
    call.fail(`it resizes an axis of ${length} to ${out}; lengths from 1 to ${LONGEST_SIDE} are supported`);
}

/** The taps of each pixel along an axis. */
function tapsOf(call: Call, mode: string, axis: Axis): Taps[] {
  checkLength(call, axis);
  const coordinates = call.text('coordinate_transformation_mode', call.opset < 11 ? 'asymmetric' : 'half_pixel');
  const last = axis.length - 1;
  const within = (index: number) => Math.min(Math.max(index, 0), last);
  return Array.from({ length: axis.out }, (_, i): Taps => {
    const place = placeOf(call, coordinates, axis, i);
    if (mode === 'nearest') {
      const rule = call.opset < 11 ? 'floor' : call.text('nearest_mode', 'round_prefer_floor');
      const rounded = ROUNDED[rule] ?? call.fail(`its nearest_mode is ${rule}, which ONNX does not know`);
      return [[within(rounded(place)), 1]];
    }
    const first = Math.floor(place);
    const t = place - first;
    if (mode === 'linear')
      return [
        [within(first), 1 - t],
        [within(first + 1), t],
      ];
    const weights = cubicWeights(t, call.float('cubic_coeff_a', -0.75));
    const exclude = call.int('exclude_outside', 0) !== 0;
    const isInside = (k: number) => first - 1 + k >= 0 && first - 1 + k <= last;
    const used = weights.map((weight, k) => (exclude && !isInside(k) ? 0 : weight));
    const total = exclude ? used.reduce((sum, weight) => sum + weight, 0) : 1;
    return used.map((weight, k) => [within(first - 1 + k), weight / total] as const);
  });
}

/** x with an axis resized: pixels picked where each is made of one, otherwise a product with the matrix of weights. */
function resizedAlong(x: Node, axis: number, taps: readonly Taps[]): Node {
  if (taps.every((each) => each.length === 1))
    return pick(
      x,
      axis,
      taps.map(([[index]]) => index),
    );
  const length = x.shape[axis];
  const weights = hostArray(x.dtype, length * taps.length);
  taps.forEach((each, out) => {
    for (const [index, weight] of each) weights[index * taps.length + out] += weight;
  });
  const swapped = x.shape.map((_, i) => (i === axis ? x.shape.length - 1 : i === x.shape.length - 1 ? axis : i));
  const rows = transpose(x, swapped);
  const product = matmul(reshape(rows, [x.size / length, length]), literal(weights, [length, taps.length], x.dtype));
  return transpose(reshape(product, [...rows.shape.slice(0, -1), taps.length]), swapped);
}

/** What `Resize` is asked for, one entry for each axis. */
interface Asked {
  readonly scales: number[];
  readonly sizes: number[];
}

function asked(call: Call, shape: Shape): Asked {
  const scalesAt = call.opset < 11 ? 1 : 2;
  const axes = axesOfResize(call, shape.length);
  const spread = (values: readonly number[], otherwise: readonly number[]) =>
    otherwise.map((value, axis) => (axes.includes(axis) ? (values[axes.indexOf(axis)] ?? value) : value));
  const isGiven = (index: number) => call.has(index) && call.input(index).shape[0] !== 0;
  if (call.opset >= 11 && isGiven(3)) {
    const sizes = spread(call.numbers(3), shape);
    const scales = sizes.map((size, axis) => size / shape[axis]);
    const policy = call.text('keep_aspect_ratio_policy', 'stretch');
    if (policy === 'stretch') return { scales, sizes };
    const ofAxes = axes.map((axis) => scales[axis]);
    const scale = policy === 'not_larger' ? Math.min(...ofAxes) : Math.max(...ofAxes);
    const kept = shape.map((length, axis) => (axes.includes(axis) ? Math.floor(scale * length + 0.5) : length));
    return { scales: shape.map((_, axis) => (axes.includes(axis) ? scale : 1)), sizes: kept };
  }
  if (!isGiven(scalesAt)) call.fail('it has neither scales nor sizes');
  const scales = spread(
    call.numbers(scalesAt),
    shape.map(() => 1),
  );
  return { scales, sizes: shape.map((length, axis) => Math.floor(length * scales[axis])) };
}

/** The part of each axis that `tf_crop_and_resize` shows, from and to as shares of its length; null: all. */
function regionOf(call: Call, rank: number): (readonly [number, number])[] | null {
  if (call.opset < 11 || !call.has(1) || call.input(1).shape[0] === 0) return null;
  const bounds = call.numbers(1);
  const axes = axesOfResize(call, rank);
  return Array.from({ length: rank }, (_, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? [0, 1] : [bounds[at], bounds[axes.length + at]];
  });
}

/** The axes that scales, sizes and region are of. */
const axesOfResize = (call: Call, rank: number): number[] =>
  call.attribute('axes')
    ? call.ints('axes').map((axis) => axisOf(call, axis, rank))
    : Array.from({ length: rank }, (_, i) => i);

function resized(call: Call): Node {
  const x = call.node(0);
  const { scales, sizes } = asked(call, x.shape);
  if (call.int('antialias', 0) !== 0) call.fail('antialias is not supported');
  const region = regionOf(call, x.shape.length);
  const written = call.text('mode', 'nearest');
  const mode = written === 'bilinear' ? 'linear' : written;
  if (!['nearest', 'linear', 'cubic'].includes(mode))
    call.fail(`its mode is ${mode}; it must be nearest, linear or cubic`);
  return sizes.reduce((result, out, axis) => {
    const length = x.shape[axis];
    if (out === length && scales[axis] === 1 && region === null) return result;
    return resizedAlong(
      result,
      axis,
      tapsOf(call, mode, { length, out, scale: scales[axis], region: region?.[axis] ?? [0, 1] }),
    );
  }, x);
}

/** `Upsample`, the elder of `Resize`: its scales are an attribute, later an input. */
function upsampled(call: Call): Node {
  const x = call.node(0);
  const scales = call.opset < 9 ? call.floats('scales') : call.numbers(1);
  const mode = call.text('mode', 'nearest');
  return scales.reduce((result, scale, axis) => {
    const length = x.shape[axis];
    const out = Math.floor(length * scale);
    if (scale === 1) return result;
    checkLength(call, { length, out });
    const taps = Array.from({ length: out }, (_, i): Taps => {
      const place = i / scale;
      const first = Math.floor(place);
      if (mode === 'nearest') return [[Math.min(first, length - 1), 1]];
      return [
        [first, 1 - (place - first)],
        [Math.min(first + 1, length - 1), place - first],
      ];
    });
    return resizedAlong(result, axis, taps);
  }, x);
}

function depthToSpace(call: Call): Node {
  const x = call.node(0);
  const [images, channels, height, width] = x.shape;
  const block = call.int('blocksize');
  const out = channels / (block * block);
  const byColumn = call.text('mode', 'DCR') === 'CRD';
  const apart = reshape(
    x,
    byColumn ? [images, out, block, block, height, width] : [images, block, block, out, height, width],
  );
  return reshape(transpose(apart, byColumn ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2]), [
    images,
    out,
    height * block,
    width * block,
  ]);
}

function spaceToDepth(call: Call): Node {
  const x = call.node(0);
  const [images, channels, height, width] = x.shape;
  const block = call.int('blocksize');
  const apart = reshape(x, [images, channels, height / block, block, width / block, block]);
  const byColumn = call.text('mode', 'DCR') === 'CRD';
  const order = byColumn ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return reshape(transpose(apart, order), [images, channels * block * block, height / block, width / block]);
}

export const resizes: readonly Operator[] = [
  defineOperator({
    name: 'Resize',
    since: [10, 11, 18],
    without: 'antialias; a region beyond the image',
    lower: (call) => call.output(resized(call)),
  }),
  defineOperator({ name: 'Upsample', since: [7, 9], lower: (call) => call.output(upsampled(call)) }),
  defineOperator({
    name: 'DepthToSpace',
    since: [6, 11],
    moves: true,
    lower: (call) => call.output(depthToSpace(call)),
  }),
  defineOperator({ name: 'SpaceToDepth', since: [6], moves: true, lower: (call) => call.output(spaceToDepth(call)) }),
];
