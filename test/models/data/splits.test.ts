import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { type Dataset, originsAt, type Split, select } from '../../../src/models/data/dataset.ts';
import { classCounts } from '../../../src/models/data/sampling.ts';
import { splitDataset, testClassCounts } from '../../../src/models/data/splits.ts';

/** Images of two bytes that say which image of the joined data set they are. */
function splitOf(labels: readonly number[], first: number): Split {
  const images = Uint8Array.from(labels.flatMap((_, i) => [(first + i) & 0xff, (first + i) >> 8]));
  return { images, labels: Uint8Array.from(labels), count: labels.length };
}

function datasetOf(train: readonly number[], test: readonly number[], classes: number): Dataset {
  const parts = { train: splitOf(train, 0), test: splitOf(test, train.length) };
  return { name: 'numbered', classes, channels: 1, height: 1, width: 2, ...parts };
}

const numbersOf = ({ images, count }: Split) =>
  Array.from({ length: count }, (_, i) => images[2 * i] + 256 * images[2 * i + 1]);

const labelsOf = (counts: readonly number[]) => counts.flatMap((count, label) => new Array<number>(count).fill(label));

const countsOf = ({ train, test, classes }: Dataset) => ({
  train: classCounts(train.labels, classes),
  test: classCounts(test.labels, classes),
});

const shuffled = (train: number | null, test: number | null) => ({ split: 'shuffled', train, test }) as const;
const standard = (train: number | null, test: number | null) => ({ split: 'standard', train, test }) as const;

describe('a shuffled split', () => {
  interface Case {
    readonly name: string;
    readonly counts: number[];
    readonly sizes: [number, number];
    readonly shares: [number[], number[]];
  }
  const cases: Case[] = JSON.parse(readFileSync('test/fixtures/data/stratified.json', 'utf8'));
  it.each(cases)('$name, $sizes: the class counts of scikit-learn', ({ counts, sizes, shares }) => {
    const labels = labelsOf(counts);
    const dataset = datasetOf(labels.slice(0, labels.length / 2), labels.slice(labels.length / 2), counts.length);
    const { train, test } = splitDataset(dataset, shuffled(...sizes), 0);
    expect([train, test].map(({ labels: part }) => classCounts(part, counts.length))).toEqual(shares);
    expect(testClassCounts('numbered', countsOf(dataset), shuffled(...sizes))).toEqual(shares[1]);
  });

  it('takes images of both, each once, with their labels, in proportion: any classes, sizes and seed', () => {
    const labels = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 120 });
    const shares = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(labels, fc.nat(), shares, fc.nat(1000), (all, cut, [a, b], seed) => {
        const dataset = datasetOf(all.slice(0, cut % all.length), all.slice(cut % all.length), 4);
        const train = 1 + Math.floor(a * (all.length - 2));
        const test = 1 + Math.floor(b * (all.length - train - 1));
        const found = splitDataset(dataset, shuffled(train, test), seed);
        expect([found.train.count, found.test.count]).toEqual([train, test]);
        const numbers = [...numbersOf(found.train), ...numbersOf(found.test)];
        expect(new Set(numbers).size).toBe(train + test);
        expect([...found.train.labels, ...found.test.labels]).toEqual(numbers.map((number) => all[number]));
        // Every image remembers where it lies in the joined data set: what its bytes say.
        expect([found.train, found.test].flatMap((part) => [...(part.origins ?? [])])).toEqual(numbers);
        const whole = classCounts(Uint8Array.from(all), 4);
        classCounts(found.train.labels, 4).forEach((count, label) => {
          expect(Math.abs(count - (train * whole[label]) / all.length)).toBeLessThan(1);
        });
      }),
    );
  });

  it('by default trains on 80 %', () => {
    const dataset = datasetOf(labelsOf([25, 25]), labelsOf([5, 5]), 2);
    const { train, test } = splitDataset(dataset, shuffled(null, null), 1);
    expect([train.count, test.count]).toEqual([48, 12]);
    expect(splitDataset(dataset, shuffled(null, 30), 1).train.count).toBe(30);
    expect(splitDataset(dataset, shuffled(10, null), 1).test.count).toBe(50);
  });

  it('is another one with another seed, and the same with the same', () => {
    const dataset = datasetOf(labelsOf([25, 25]), labelsOf([5, 5]), 2);
    const numbers = (seed: number) => numbersOf(splitDataset(dataset, shuffled(48, 12), seed).test).join();
    expect(numbers(7)).toBe(numbers(7));
    expect(new Set([0, 1, 2, 3].map(numbers)).size).toBe(4);
  });

  it('refuses more images than there are', () => {
    const dataset = datasetOf([0, 1, 0], [1], 2);
    expect(() => splitDataset(dataset, shuffled(3, 2), 0)).toThrow(
      new InputError('numbered: cannot divide 4 images into 3 for training and 2 for testing'),
    );
    expect(() => splitDataset(dataset, shuffled(4, null), 0)).toThrow('into 4 for training and 0 for testing');
  });
});

describe('the standard split', () => {
  const dataset = datasetOf(labelsOf([20, 40]), labelsOf([5, 5]), 2);
  it('is that of the data set', () => {
    expect(splitDataset(dataset, standard(null, null), 0)).toEqual(dataset);
  });

  it('or a part of it, each class in proportion', () => {
    const { train, test } = splitDataset(dataset, standard(30, 4), 0);
    expect([classCounts(train.labels, 2), classCounts(test.labels, 2)]).toEqual([
      [10, 20],
      [2, 2],
    ]);
    expect(Math.max(...numbersOf(train))).toBeLessThan(60);
    expect(Math.min(...numbersOf(test))).toBeGreaterThanOrEqual(60);
    // Test images are numbered apart from the 60 for training, and a part of a part still knows its place.
    expect([...originsAt(train, [2, 0])]).toEqual([numbersOf(train)[2], numbersOf(train)[0]]);
    expect([...(test.origins ?? [])]).toEqual(numbersOf(test).map((number) => number - 60));
    expect(originsAt(select(test, [3, 1]), [1])[0]).toBe(numbersOf(test)[1] - 60);
  });

  it('must have test images', () => {
    expect(() => splitDataset(datasetOf([0, 1], [], 2), standard(null, null), 0)).toThrow(
      new InputError('numbered: no images for testing: give it train/ and test/, or divide it by "split: shuffled"'),
    );
  });
});
