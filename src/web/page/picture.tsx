import { useEffect, useRef } from 'preact/hooks';
import type { ImageShape } from '../../models/index.ts';

interface PictureProps {
  /** [C, H, W], in [0, 1]; of more channels than three the first is shown. */
  readonly pixels: Float32Array;
  readonly shape: ImageShape;
  readonly caption: string;
}

/** An image, large enough to see its pixels. */
export function Picture({ pixels, shape, caption }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [, height, width] = shape;
  useEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(imageData(pixels, shape), 0, 0);
  }, [pixels, shape]);
  return (
    <figure class="picture">
      <canvas ref={canvas} width={width} height={height} role="img" aria-label={caption} />
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

function imageData(pixels: Float32Array, [channels, height, width]: ImageShape): ImageData {
  const area = height * width;
  const data = new Uint8ClampedArray(4 * area);
  for (let at = 0; at < area; at++) {
    for (let colour = 0; colour < 3; colour++)
      data[4 * at + colour] = Math.round(255 * pixels[channels === 3 ? colour * area + at : at]);
    data[4 * at + 3] = 255;
  }
  return new ImageData(data, width, height);
}

/** The perturbation tenfold around grey. */
export const tenfold = (image: Float32Array, original: Float32Array): Float32Array =>
  image.map((pixel, i) => Math.min(1, Math.max(0, 0.5 + 10 * (pixel - original[i]))));
