import type { ImageShape } from '../../../../models/index.ts';
import type { Distances } from './record.ts';

/** Distances between two images [C, H, W], pixels in [0, 1]. L0 counts places at which any channel differs. */
export function distances(a: Float32Array, b: Float32Array, [channels, height, width]: ImageShape): Distances {
  const area = height * width;
  let [l0, l1, squares, linf] = [0, 0, 0, 0];
  for (let place = 0; place < area; place++) {
    let changed = false;
    for (let at = place; at < channels * area; at += area) {
      const difference = Math.abs(a[at] - b[at]);
      changed ||= difference > 0;
      l1 += difference;
      squares += difference * difference;
      linf = Math.max(linf, difference);
    }
    if (changed) l0++;
  }
  return { l0, l1, l2: Math.sqrt(squares), linf };
}
