import { integer } from '../../../base/parameter.ts';
import { streamId } from '../../../base/philox.ts';
import {
  cast,
  fill,
  greaterEqual,
  less,
  literal,
  logicalAnd,
  type Node,
  randomIntegers,
  subtract,
  where,
} from '../../../engine/index.ts';
import { defineDefence } from './defineDefence.ts';

/** Whether a row (axis 2) or a column (axis 3) is less than half a length from the centre of its image, i32 [N, 1, 1, 1]. */
function isNear(centre: Node, axis: 2 | 3, places: number, half: number): Node {
  const numbers = literal(
    Float32Array.from({ length: places }, (_, at) => at),
    [1, 1, 1, 1].with(axis, places),
  );
  const distance = subtract(numbers, cast(centre, 'f32'));
  return logicalAnd(greaterEqual(distance, fill(distance.shape, -half)), less(distance, fill(distance.shape, half)));
}

/**
 * Images with a black square each, which may reach beyond the border: x [N, C, H, W], rows and columns of the centres i32 [N, 1, 1, 1].
 * The square goes from half a length before its centre, half of an odd one rounded down, to as far behind it, the last place left out.
 */
export function withoutSquares(x: Node, rows: Node, columns: Node, length: number): Node {
  const half = Math.floor(length / 2);
  const inside = logicalAnd(isNear(rows, 2, x.shape[2], half), isNear(columns, 3, x.shape[3], half));
  return where(inside, fill(x.shape, 0), x);
}

/**
 * Training on images that a square was cut out of (DeVries and Taylor, arXiv 1708.04552; ART's Cutout): the centre is any pixel of
 * the image, new in every epoch. The square is black, as ART's; the authors cut after they normalised, so theirs has the mean colour.
 */
export const cutout = defineDefence({
  name: 'cutout',
  title: 'Cutout',
  about: 'a black square in each training image',
  source: 'arXiv 1708.04552',
  acts: 'training',
  differentiable: true,
  random: false,
  parameters: {
    length: integer({ from: 2, axis: true, takes: 'pixels', about: 'side of the square in pixels, an odd one less 1' }),
  },
  create: ({ length }) => ({
    augment: (x, key) => {
      const [count, , height, width] = x.shape;
      const drawn = (below: number, axis: string) =>
        randomIntegers(key, [count, 1, 1, 1], below, { stream: streamId(`cutout.${axis}`) });
      return withoutSquares(x, drawn(height, 'row'), drawn(width, 'column'), length);
    },
  }),
});
