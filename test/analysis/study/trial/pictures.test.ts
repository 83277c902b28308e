import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import type { AttackRecord } from '../../../../src/analysis/robustness/attacks/run/record.ts';
import { attackPictures } from '../../../../src/analysis/study/trial/pictures.ts';

const record = (sample: number, misclassifiedBefore: boolean, success: boolean): AttackRecord => ({
  sample,
  label: sample + 1,
  misclassifiedBefore,
  success,
  successAfterRounding: success,
  firstStep: null,
  cost: { seconds: 1, queries: 1, gradients: 1, flops: 1 },
  distances: { l0: 0, l1: 0, l2: 0, linf: 0 },
});

test.each([1, 3])('images of %i channels: the first that were right, before beside after, in 8 bits', (channels) => {
  const shape = [channels, 2, 2] as const;
  const size = channels * 4;
  const images = Float32Array.from({ length: 5 * size }, (_, i) => i / 255);
  const after = images.map((value) => 1 - value);
  const records = [0, 1, 2, 3, 4].map((sample) => record(sample, sample === 1, sample === 2));
  const pictures = attackPictures({ images, labels: new Int32Array(5) }, after, shape, records);
  expect(pictures.map(({ sample, label, success }) => [sample, label, success])).toEqual([
    [0, 1, false],
    [2, 3, true],
    [3, 4, false],
  ]);
  const png = decode(Uint8Array.from(atob(pictures[1].png), (character) => character.charCodeAt(0)));
  expect([png.width, png.height, png.channels]).toEqual([4, 2, channels]);
  // Sample 2 in [C, H, W]; pixel (y, x) of colour c.
  const value = (c: number, y: number, x: number) => 2 * size + c * 4 + y * 2 + x;
  const expected = [0, 1].flatMap((y) =>
    [0, 1, 2, 3].flatMap((x) =>
      Array.from({ length: channels }, (_, c) => (x < 2 ? value(c, y, x) : 255 - value(c, y, x - 2))),
    ),
  );
  expect([...png.data]).toEqual(expected);
});
