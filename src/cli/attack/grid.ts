import { encode } from 'fast-png';
import type { ImageShape } from '../../models/evaluate.ts';

/** Rows of clean, adversarial and ten times their difference around grey, as a PNG. @param images [count, C, H, W] each */
export function pictureGrid(
  clean: Float32Array,
  adversarial: Float32Array,
  [channels, height, width]: ImageShape,
  rows: readonly number[],
): Uint8Array {
  const zoom = Math.max(1, Math.floor(64 / Math.max(height, width)));
  const gap = 2;
  const cell = { height: height * zoom + gap, width: width * zoom + gap };
  const size = { height: cell.height * rows.length + gap, width: cell.width * 3 + gap };
  const data = new Uint8Array(size.height * size.width * 3).fill(255);
  rows.forEach((row, i) => {
    const kinds: ((at: number) => number)[] = [
      (at) => clean[at],
      (at) => adversarial[at],
      (at) => 0.5 + 10 * (adversarial[at] - clean[at]),
    ];
    kinds.forEach((pixelOf, j) => {
      for (let y = 0; y < height * zoom; y++)
        for (let x = 0; x < width * zoom; x++)
          for (let colour = 0; colour < 3; colour++) {
            const channel = channels === 3 ? colour : 0;
            const place = Math.floor(y / zoom) * width + Math.floor(x / zoom);
            const value = pixelOf((row * channels + channel) * height * width + place);
            const at = (gap + i * cell.height + y) * size.width + gap + j * cell.width + x;
            data[3 * at + colour] = Math.round(255 * Math.min(1, Math.max(0, value)));
          }
    });
  });
  return encode({ ...size, data, channels: 3, depth: 8 });
}
