import { InputError } from '../../../base/errors.ts';
import { integer } from '../../../base/parameter.ts';
import {
  abs,
  add,
  cast,
  clamp,
  concatenate,
  defineOp,
  divide,
  expand,
  greater,
  literal,
  matmul,
  multiply,
  type Node,
  offset,
  reshape,
  scale,
  sign,
  slice,
  sum,
  transpose,
  where,
} from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';
import { BLOCK, CHROMINANCE, cosineTransform, LUMINANCE, quantisation } from './jpegTables.ts';

/** Grey levels of 8 bits; the transform sees them around 0. */
const LEVELS = 255;
const CENTRE = 128;

/** A value so close to a tie counts as one, so that no rounding error of a matrix product or of a division decides it; JFIF's
 * weights are multiples of more than that. */
const TIE = 2 ** -12;

/** The nearest whole number, ties upwards. */
const rounded = (x: Node): Node => floor(offset(x, 0.5 + TIE));

/** The nearest whole number, ties downwards. */
const roundedDown = (x: Node): Node => floor(offset(x, 0.5 - TIE));

/** The largest whole number that is not above x; casts drop what follows the point. */
function floor(x: Node): Node {
  const towardsZero = cast(cast(x, 'i32'), 'f32');
  return where(greater(towardsZero, x), offset(towardsZero, -1), towardsZero);
}

/**
 * What an image [N, 1 or 3, H, W] with pixels in [0, 1] is after it was written as a JPEG file of this quality and read again.
 * It is flat almost everywhere, so its derivative is taken for that of the identity (arXiv 1802.00420).
 */
const jpegCompressed = defineOp<{ quality: number }>({
  name: 'jpegCompression',
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ gradient }) => [gradient],
  decompose: ([x], { quality }) => {
    const levels = rounded(scale(clamp(x, 0, 1), LEVELS));
    const decoded = x.shape[1] === 1 ? recoded(levels, quality, LUMINANCE) : recodedColours(levels, quality);
    return scale(decoded, 1 / LEVELS);
  },
});

/** Colours as brightness and two differences in colour (JFIF), these at half the resolution, and back. */
function recodedColours(levels: Node, quality: number): Node {
  const [, , height, width] = levels.shape;
  const [red, green, blue] = [0, 1, 2].map((at) => channel(levels, at));
  const mixed = (r: number, g: number, b: number) => add(add(scale(red, r), scale(green, g)), scale(blue, b));
  const brightness = recoded(rounded(mixed(0.299, 0.587, 0.114)), quality, LUMINANCE);
  const difference = (r: number, g: number, b: number) => {
    // libjpeg lets ties fall here, and only here.
    const full = roundedDown(offset(mixed(r, g, b), CENTRE));
    return offset(enlarged(recoded(halved(full), quality, CHROMINANCE), height, width), -CENTRE);
  };
  const toBlue = difference(-0.168735892, -0.331264108, 0.5);
  const toRed = difference(0.5, -0.418687589, -0.081312411);
  const channels = [
    add(brightness, rounded(scale(toRed, 1.402))),
    add(brightness, rounded(add(scale(toBlue, -0.344136286), scale(toRed, -0.714136286)))),
    add(brightness, rounded(scale(toBlue, 1.772))),
  ];
  return clamp(concatenate(channels, 1), 0, LEVELS);
}

function channel(x: Node, at: number): Node {
  const [count, , height, width] = x.shape;
  return slice(x, [0, at, 0, 0], [count, at + 1, height, width]);
}

/** Grey levels [N, 1, H, W] through transform, quantisation and back, in blocks of 8 × 8; the last ones repeat the border. */
function recoded(levels: Node, quality: number, table: readonly number[]): Node {
  const [count, , height, width] = levels.shape;
  const whole = padded(padded(levels, 2, BLOCK), 3, BLOCK);
  const [rows, columns] = [whole.shape[2] / BLOCK, whole.shape[3] / BLOCK];
  const blocks = transpose(reshape(whole, [count, rows, BLOCK, columns, BLOCK]), [0, 1, 3, 2, 4]);
  const transform = literal(cosineTransform(), [BLOCK ** 2, BLOCK ** 2]);
  const flat = reshape(blocks, [count * rows * columns, BLOCK ** 2]);
  const coefficients = matmul(offset(flat, -CENTRE), transform, { transposeB: true });
  const steps = expand(literal(quantisation(table, quality), [1, BLOCK ** 2]), coefficients.shape);
  const quantised = multiply(sign(coefficients), rounded(divide(abs(coefficients), steps)));
  const restored = matmul(multiply(quantised, steps), transform);
  const decoded = clamp(rounded(offset(restored, CENTRE)), 0, LEVELS);
  const image = transpose(reshape(decoded, [count, rows, columns, BLOCK, BLOCK]), [0, 1, 3, 2, 4]);
  return slice(reshape(image, [count, 1, rows * BLOCK, columns * BLOCK]), [0, 0, 0, 0], [count, 1, height, width]);
}

/** The outermost place of an axis repeated until its length is a multiple. */
function padded(x: Node, axis: number, multiple: number): Node {
  const length = x.shape[axis];
  const missing = (multiple - (length % multiple)) % multiple;
  const last = slice(
    x,
    x.shape.with(axis, length - 1).map((each, i) => (i === axis ? each : 0)),
    x.shape,
  );
  return missing === 0 ? x : concatenate([x, expand(last, x.shape.with(axis, missing))], axis);
}

/** Means of 2 × 2 places, by turns rounded down and up; libjpeg repeats the right border before, the lower one after. */
function halved(levels: Node): Node {
  const whole = padded(padded(levels, 2, 2), 3, 2 * BLOCK);
  const [count, , height, width] = whole.shape;
  const total = sum(reshape(whole, [count, height / 2, 2, width / 2, 2]), [2, 4]);
  const bias = literal(
    Float32Array.from({ length: width / 2 }, (_, at) => (at % 2 === 0 ? 0.25 : 0.5)),
    [1, 1, width / 2],
  );
  return reshape(floor(add(scale(total, 0.25), bias)), [count, 1, height / 2, width / 2]);
}

/** Twice the resolution: the nearer place counts three times as much as the farther (libjpeg's "fancy upsampling"). */
function enlarged(levels: Node, height: number, width: number): Node {
  const halves = [levels.shape[0], 1, Math.ceil(height / 2), Math.ceil(width / 2)];
  const doubled = interpolated(interpolated(slice(levels, [0, 0, 0, 0], halves), 2), 3);
  const bias = literal(
    Float32Array.from({ length: doubled.shape[3] }, (_, at) => (at % 2 === 0 ? 8 : 7) / 16),
    [1, 1, 1, doubled.shape[3]],
  );
  const whole = floor(add(scale(doubled, 1 / 16), bias));
  return slice(whole, [0, 0, 0, 0], [levels.shape[0], 1, height, width]);
}

/** An axis of twice the length, its values four times as large. */
function interpolated(x: Node, axis: number): Node {
  const length = x.shape[axis];
  const part = (from: number, to: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.with(axis, to),
    );
  const inner = length > 1;
  const before = inner ? concatenate([part(0, 1), part(0, length - 1)], axis) : x;
  const after = inner ? concatenate([part(1, length), part(length - 1, length)], axis) : x;
  const pair = [before, after].map((neighbour) => {
    const mixed = add(scale(x, 3), neighbour);
    return reshape(mixed, mixed.shape.toSpliced(axis + 1, 0, 1));
  });
  return reshape(concatenate(pair, axis + 1), x.shape.with(axis, 2 * length));
}

/**
 * JPEG compression at prediction (Dziugaite, Ghahramani, Roy, arXiv 1608.00853; ART's JpegCompression): ITU-T T.81 with the
 * tables of its Annex K, libjpeg's scale of quality, and for colours JFIF with 4:2:0 subsampling, as Pillow writes files. The
 * model is trained without it.
 */
export const jpegCompression = defineDefence({
  name: 'jpeg-compression',
  title: 'JPEG compression',
  about: 'writes images as JPEG files and reads them again',
  source: 'arXiv 1608.00853',
  acts: 'prediction',
  differentiable: false,
  random: false,
  parameters: { quality: integer({ from: 1, to: 100, axis: true, about: "quality of the files, as libjpeg's" }) },
  positional: ['quality'],
  create: ({ quality }) => ({
    preprocess: (x) => {
      const channels = x.shape[1];
      if (channels !== 1 && channels !== 3)
        throw new InputError(`jpeg-compression: images have ${channels} channels; JPEG files hold 1 or 3`);
      return jpegCompressed([x], { quality });
    },
  }),
});
