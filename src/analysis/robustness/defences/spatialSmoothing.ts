import { InputError } from '../../../base/errors.ts';
import { choice } from '../../../base/parameter.ts';
import { concatenate, defineOp, maximum, minimum, type Node, slice } from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/**
 * Each pixel becomes the median of the window around it, in its channel; beyond the border the image is mirrored, the border
 * included. It is differentiable almost everywhere, but its derivative is taken for that of the identity (arXiv 1802.00420), as ART does.
 */
const medianFilter = defineOp<{ radius: number }>({
  name: 'medianFilter',
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ gradient }) => [gradient],
  decompose: ([x], { radius }) => {
    const [, , height, width] = x.shape;
    const mirrored = mirror(mirror(x, 2, radius), 3, radius);
    const shifts = Array.from({ length: 2 * radius + 1 }, (_, i) => i);
    const neighbours = shifts.flatMap((row) =>
      shifts.map((column) => {
        const ends = [x.shape[0], x.shape[1], row + height, column + width];
        return slice(mirrored, [0, 0, row, column], ends);
      }),
    );
    return median(neighbours);
  },
});

/** x with `radius` more places at both ends of an axis: the outermost ones in reverse order. */
function mirror(x: Node, axis: number, radius: number): Node {
  const length = x.shape[axis];
  const at = (index: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? index : 0)),
      x.shape.with(axis, index + 1),
    );
  const before = Array.from({ length: radius }, (_, i) => at(radius - 1 - i));
  const after = Array.from({ length: radius }, (_, i) => at(length - 1 - i));
  return concatenate([...before, x, ...after], axis);
}

/**
 * The middle one of an odd number of values, place by place: of just more than half of them the smallest and the largest cannot
 * be it, so both are dropped and the next value taken in, until one is left.
 */
function median(values: readonly Node[]): Node {
  const half = (values.length + 1) / 2 + 1;
  let [held, waiting] = [values.slice(0, half), values.slice(half)];
  while (held.length > 1) {
    const inner = withoutExtremes(held);
    held = [...inner, ...waiting.slice(0, 1)];
    waiting = waiting.slice(1);
  }
  return held[0];
}

function withoutExtremes([first, ...others]: readonly Node[]): Node[] {
  let largest = first;
  const below = others.map((value) => {
    const lower = minimum(largest, value);
    largest = maximum(largest, value);
    return lower;
  });
  if (below.length === 0) return [];
  let smallest = below[0];
  return below.slice(1).map((value) => {
    const higher = maximum(smallest, value);
    smallest = minimum(smallest, value);
    return higher;
  });
}

/** Median smoothing at prediction (Xu, Evans, Qi, arXiv 1704.01155; ART's SpatialSmoothing). The model is trained without it. */
export const spatialSmoothing = defineDefence({
  name: 'spatial-smoothing',
  title: 'Spatial smoothing',
  about: 'medians of windows',
  source: 'arXiv 1704.01155',
  acts: 'prediction',
  differentiable: false,
  random: false,
  parameters: {
    windowSize: choice({
      choices: [3, 5, 7],
      axis: true,
      takes: 'window',
      about: 'width and height of the window, in pixels',
    }),
  },
  positional: ['windowSize'],
  create: ({ windowSize }) => ({
    preprocess: (x) => {
      const radius = (windowSize - 1) / 2;
      const [height, width] = [x.shape[2], x.shape[3]];
      if (Math.min(height, width) < radius)
        throw new InputError(
          `spatial-smoothing: window_size ${windowSize} does not fit images of ${height} × ${width}`,
        );
      return medianFilter([x], { radius });
    },
  }),
});
