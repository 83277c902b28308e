import { describe, expect, it } from 'vitest';
import { randomWords } from '../../../src/base/philox.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { type Split, toFloat } from '../../../src/models/data/dataset.ts';
import { type FeedOptions, openFeed } from '../../../src/models/data/feed.ts';
import { useDevice } from '../../support/checkOp.ts';

const device = useDevice();

/** Every byte occurs; the view begins and ends in the middle of a word of memory. */
function splitOf(count: number, row: number): Split {
  const words = randomWords({ seed: 4, stream: 5, substream: 6 }, count * row + 3);
  const images = Uint8Array.from(words, (word, i) => (i < 300 ? i : word)).subarray(3);
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 7), count };
}

async function batchesOf(split: Split, shape: readonly number[], picks: readonly number[][], options: FeedOptions) {
  const feed = openFeed(device(), split, shape, picks[0].length, options);
  const step = await compile(({ data }) => ({ ...feed.batch(data) }), { data: feed.specs }, { device: device() });
  const found = [];
  for (const indices of picks) {
    const { x, labels } = step.run({ data: feed.feeds(indices) });
    found.push({ x: await x.read(), labels: [...(await labels.read())], shape: x.shape });
  }
  step.free();
  feed.free();
  return { found, resident: feed.resident };
}

describe('openFeed', () => {
  for (const { name, options, resident } of [
    { name: 'resident', options: {}, resident: true },
    { name: 'resident in three shards', options: { mostBound: 200 }, resident: true },
    { name: 'resident, a shard an image', options: { mostBound: 75 }, resident: true },
    { name: 'streamed, as the whole does not fit', options: { mostResident: 599 }, resident: false },
    { name: 'streamed, as no shard holds an image', options: { mostBound: 74 }, resident: false },
  ])
    it(`${name}: the pixels and labels of toFloat, bit for bit`, async () => {
      const split = splitOf(8, 75);
      const picks = [
        [7, 0, 3],
        [2, 2, 5],
        [1, 6, 4],
      ];
      const outcome = await batchesOf(split, [3, 5, 5], picks, options);
      expect(outcome.resident).toBe(resident);
      outcome.found.forEach(({ x, labels, shape }, i) => {
        expect(shape).toEqual([3, 3, 5, 5]);
        expect(x).toEqual(toFloat(split, picks[i]));
        expect(labels).toEqual(picks[i].map((index) => index % 7));
      });
    });

  it('a batch is what it was when the step was submitted, whatever is gathered meanwhile', async () => {
    const split = splitOf(6, 16);
    const feed = openFeed(device(), split, [1, 4, 4], 2, { mostResident: 0 });
    const step = await compile(({ data }) => ({ ...feed.batch(data) }), { data: feed.specs }, { device: device() });
    const { x } = step.run({ data: feed.feeds([1, 2]) });
    feed.feeds([4, 5]);
    expect(await x.read()).toEqual(toFloat(split, [1, 2]));
    step.free();
    feed.free();
  });

  it('gives the memory back', () => {
    const before = device().allocatedBytes;
    const feed = openFeed(device(), splitOf(8, 75), [3, 5, 5], 2);
    expect(device().allocatedBytes).toBe(before + 600);
    feed.free();
    expect(device().allocatedBytes).toBe(before);
  });

  it('refuses indices outside the split and batches of another size', () => {
    const feed = openFeed(device(), splitOf(8, 75), [3, 5, 5], 2);
    expect(() => feed.feeds([1, 8])).toThrow(new RangeError('index 8 is outside a split of 8 images'));
    expect(() => feed.feeds([1])).toThrow(new RangeError('a batch of 1 images for a step that takes 2'));
    feed.free();
  });
});
