import { describe, expect, it } from 'vitest';
import { drawIntegers, keyOf, streamId } from '../../../src/base/philox.ts';
import { spec } from '../../../src/engine/graph/graph.ts';
import { offset, scale } from '../../../src/engine/ops/elementwise/elementwise.ts';
import { compile } from '../../../src/engine/run/compile.ts';
import { type Augmentation, compose, randomCrop } from '../../../src/models/data/augmentation.ts';
import { crop } from '../../reference/crop.ts';
import { philoxWord } from '../../reference/philox.ts';
import { type Operand, operand, run, useDevice } from '../../support/checkOp.ts';

const device = useDevice();
const seed = 123_456_789_012;
const shape = [40, 3, 9, 8];
const images = operand(shape, 8);
const key: Operand = { data: Uint32Array.from(keyOf(seed)), shape: [2], dtype: 'u32' };
const augmented = (augment: Augmentation) => run(device(), ([x, k]) => augment(x, k), [images, key]);

/** What the host's Philox and the reference crop make of the images; float64 holds the f32 pixels exactly. */
function expected(padding: number, mode: 'zeros' | 'reflect', flip: boolean): number[] {
  const draws = (purpose: string) => ({ seed, stream: streamId(purpose), substream: 0 });
  const corners = drawIntegers(draws('augmentation.crop'), 2 * padding + 1, 2 * shape[0]);
  const mirrored = drawIntegers(draws('augmentation.flip'), 2, shape[0]);
  const places = Array.from({ length: shape[0] }, (_, n) => [
    corners[2 * n],
    corners[2 * n + 1],
    flip ? mirrored[n] : 0,
  ]).flat();
  return [...crop(images.data, shape, places, padding, mode)];
}

describe('randomCrop', () => {
  for (const { padding, mode, flip } of [
    { padding: 4, mode: 'zeros', flip: true },
    { padding: 4, mode: 'reflect', flip: true },
    { padding: 2, mode: 'zeros', flip: false },
    { padding: 0, mode: 'zeros', flip: true },
  ] as const)
    it(`padding ${padding}, ${mode}, flip ${flip}: bit for bit what the host computes`, async () => {
      expect([...(await augmented(randomCrop({ padding, mode, flip })))]).toEqual(expected(padding, mode, flip));
    });

  it('by default pads by 4 zeros and mirrors', async () => {
    expect([...(await augmented(randomCrop()))]).toEqual(expected(4, 'zeros', true));
  });

  it('draws what the layout says, by exact integers', () => {
    // 9 places: the word times 9 over 2^32; image 7 takes words 14 and 15.
    const stream = streamId('augmentation.crop');
    const drawn = drawIntegers({ seed, stream, substream: 0 }, 9, 2, 14);
    const exact = [14, 15].map((i) => Number((BigInt(philoxWord(seed, stream, 0, i)) * 9n) >> 32n));
    expect([...drawn]).toEqual(exact);
  });

  it('every place and both directions are equally likely', () => {
    // Chi-squared with 8 and 1 degrees of freedom exceeds 26.1 and 10.8 once in a thousand; the seed is fixed.
    const chiSquared = (bound: number, stream: string) => {
      const draws = drawIntegers({ seed, stream: streamId(stream), substream: 0 }, bound, 9000);
      const counts = new Array<number>(bound).fill(0);
      for (const draw of draws) counts[draw]++;
      return counts.reduce((sum, count) => sum + (count - 9000 / bound) ** 2 / (9000 / bound), 0);
    };
    expect(chiSquared(9, 'augmentation.crop')).toBeLessThan(26.1);
    expect(chiSquared(2, 'augmentation.flip')).toBeLessThan(10.8);
  });

  it('one executable: another key changes the images otherwise, the first key as before', async () => {
    const executable = await compile(
      ({ x, k }) => ({ y: randomCrop()(x, k) }),
      { x: spec(shape), k: spec([2], 'u32') },
      { device: device() },
    );
    const of = async (from: number) => [
      ...(await executable.run({ x: images.data, k: Uint32Array.from(keyOf(from)) }).y.read()),
    ];
    const [first, second, again] = [await of(1), await of(2), await of(1)];
    executable.free();
    expect(second).not.toEqual(first);
    expect(again).toEqual(first);
  });
});

it('compose applies one after the other', async () => {
  const both = compose(
    (x) => offset(x, 1),
    (x) => scale(x, 2),
  );
  // (x + 1) 2, each step rounded to f32 as here.
  const doubled = Float32Array.from(images.data, (value) => 2 * Math.fround(value + 1));
  expect(await augmented(both)).toEqual(doubled);
  expect(await augmented(compose())).toEqual(images.data);
});
