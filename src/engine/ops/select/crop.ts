import shader from '../../../shaders/select/crop.wgsl';
import { ShapeError } from '../../errors.ts';
import { formats, movedType } from '../../graph/dtype.ts';
import { defineOp } from '../../graph/graph.ts';
import type { Node } from '../../graph/op.ts';
import { describe, elements } from '../../graph/shape.ts';
import { gridOver } from '../../kernels/grid.ts';

export interface CropOptions {
  /** Pixels added on each side before the crop. */
  readonly padding: number;
  /** What they are: zeros, or the image mirrored about its edge pixels (PyTorch's `reflect`). */
  readonly mode: 'zeros' | 'reflect';
}

interface CropAttributes extends CropOptions {
  readonly [key: string]: unknown;
}

const cropOp = defineOp<CropAttributes>({
  name: 'crop',
  infer([x, places], { padding, mode }) {
    const wrong = (why: string) => new ShapeError(`crop(${describe(x)}, ${describe(places)}): ${why}`);
    if (!formats[x.dtype].floating || x.shape.length !== 4)
      throw wrong('the images are [N, C, H, W] of a floating-point format');
    const [images, , height, width] = x.shape;
    if (places.dtype !== 'i32' || places.shape.length !== 2 || places.shape[0] !== images || places.shape[1] !== 3)
      throw wrong(`the places are i32[${images}, 3]`);
    if (!Number.isInteger(padding) || padding < 0) throw wrong(`the padding is ${padding}, not a whole number from 0`);
    if (mode === 'reflect' && padding >= Math.min(height, width))
      throw wrong(`a padding of ${padding} cannot be reflected: it must be below ${Math.min(height, width)}`);
    return { shape: x.shape, dtype: x.dtype };
  },
  // It changes what is learned from; nothing is learned of it.
  derivative: null,
  kernel: ({ inputs: [x, places], output, attributes: { padding, mode } }) => ({
    shader,
    entry: 'crop',
    constants: { STORED: movedType(x.dtype) },
    bind: { x, places, y: output },
    sizes: {
      size: output.size,
      image: elements(x.shape.slice(1)),
      height: x.shape[2],
      width: x.shape[3],
      padding,
      reflect: mode === 'reflect' ? 1 : 0,
    },
    grid: gridOver(output.size),
  }),
  cost: ({ inputs: [x], output }) => ({ flops: 0, bytes: x.bytes + output.bytes }),
});

/**
 * Every image cut, in its own size, out of its padded self, at a place of its own:
 * y[n, c, i, j] = padded x[n, c, top + i, left + j], with W - 1 - j in place of j where the image is mirrored.
 * @param x [N, C, H, W] of a floating-point format
 * @param places i32 [N, 3]: top and left, 0 to 2 · padding (what lies beyond is zero), and 1 to mirror left and right, else 0
 * @throws ShapeError
 */
export const crop = (x: Node, places: Node, { padding, mode }: CropOptions): Node =>
  cropOp([x, places], { padding, mode });
