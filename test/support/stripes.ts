import { drawNormal } from '../../src/base/philox.ts';
import type { Dataset, Split } from '../../src/models/data/dataset.ts';

const SIDE = 12;
const CLASSES = 3;

/** Noisy images in which a third, the class's own, is brighter: learnt in a few steps. */
function stripes(count: number, substream: number): Split {
  const noise = drawNormal({ seed: 9, stream: 1, substream }, count * SIDE * SIDE);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % CLASSES);
  const images = Uint8Array.from(noise, (value, at) => {
    const row = Math.floor(at / SIDE) % SIDE;
    const bright = Math.floor(row / (SIDE / CLASSES)) === labels[Math.floor(at / (SIDE * SIDE))];
    return Math.min(255, Math.max(0, (bright ? 170 : 80) + 30 * value));
  });
  return { images, labels, count };
}

/** A small data set of three classes that is easy to learn. */
export const stripesDataset: Dataset = {
  name: 'stripes',
  classes: CLASSES,
  channels: 1,
  height: SIDE,
  width: SIDE,
  train: stripes(300, 0),
  test: stripes(150, 1),
};
