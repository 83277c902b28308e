import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Split } from '../../../src/models/data/dataset.ts';
import { batches, classBalanced, classCounts, stratifiedSplit, subset } from '../../../src/models/data/sampling.ts';

/** Labels in which class c occurs counts[c] times, in an order that is neither sorted nor regular. */
function labelsWith(counts: readonly number[]): Uint8Array {
  const labels = counts.flatMap((count, label) => new Array<number>(count).fill(label));
  return Uint8Array.from(
    labels.map((label, i) => ({ label, key: (i * 7919) % 10_007 })).sort((a, b) => a.key - b.key),
    ({ label }) => label,
  );
}

const counts = [50, 80, 30, 140];
const labels = labelsWith(counts);

function distinct(indices: Iterable<number>): number {
  return new Set(indices).size;
}

describe('classCounts', () => {
  it('counts, and refuses a label that is no class', () => {
    expect(classCounts(labels, 5)).toEqual([50, 80, 30, 140, 0]);
    expect(() => classCounts(Uint8Array.of(0, 3), 3)).toThrow(
      new InputError('label 3 is not a class: labels must be below 3'),
    );
  });
});

describe('classBalanced', () => {
  it('takes equally many of every class, in turns, none twice', () => {
    const chosen = classBalanced(labels, 4, 100, 1);
    expect(Array.from(chosen, (index) => labels[index])).toEqual(Array.from({ length: 100 }, (_, i) => i % 4));
    expect(distinct(chosen)).toBe(100);
  });

  it('begins with the smaller choice of the same seed', () => {
    expect(classBalanced(labels, 4, 100, 1).subarray(0, 40)).toEqual(classBalanced(labels, 4, 40, 1));
  });

  it('follows the seed', () => {
    expect(classBalanced(labels, 4, 40, 1)).toEqual(classBalanced(labels, 4, 40, 1));
    expect(classBalanced(labels, 4, 40, 2)).not.toEqual(classBalanced(labels, 4, 40, 1));
  });

  it('gives every image of a class the same chance', () => {
    const hits = new Array<number>(30).fill(0);
    const rare = Array.from(labels.keys()).filter((index) => labels[index] === 2);
    const seeds = 3000;
    for (let seed = 0; seed < seeds; seed++) {
      for (const index of classBalanced(labels, 4, 40, seed)) if (labels[index] === 2) hits[rare.indexOf(index)]++;
    }
    // Each of 30 images is among 10 chosen in a third of the draws: 1000 expected, variance 3000 (1/3) (2/3) each,
    // negatively correlated: sum (hits - 1000)^2 / (variance 30/29) is chi-squared with 29 degrees of freedom.
    const statistic = hits.reduce((sum, hit) => sum + (hit - 1000) ** 2, 0) / ((seeds * (2 / 9) * 30) / 29);
    // scipy: chi2.ppf(0.999, 29)
    expect(statistic).toBeLessThan(58.301);
  });

  it('takes one image each of some classes when there are fewer images than classes', () => {
    const classes = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const chosen = [...classBalanced(labels, 4, 3, seed)].map((index) => labels[index]);
      expect(new Set(chosen).size).toBe(3);
      classes.add(chosen.sort().join());
    }
    // All four ways to leave one class out; that one of them never comes in 40 draws has a chance of 4 (3/4)^40 < 1e-4.
    expect(classes.size).toBe(4);
  });

  it.each([
    [105, 'cannot take 105 images balanced over 4 classes: take 104 or 108'],
    [124, 'cannot take 124 class-balanced images: class 2 has 30, 31 are needed; take at most 120'],
    // No advice to take 124: there are not so many.
    [121, 'cannot take 121 class-balanced images: class 2 has 30, 31 are needed; take at most 120'],
    [0, 'the number of class-balanced images is 0: it must be an integer of at least 1'],
    [2.5, 'the number of class-balanced images is 2.5: it must be an integer of at least 1'],
  ])('refuses %d images', (count, message) => {
    expect(() => classBalanced(labels, 4, count, 1)).toThrow(new InputError(message));
  });
});

it('a class without images cannot be balanced, however few are asked for', () => {
  const message = new InputError('cannot take class-balanced images: class 2 has none');
  for (const count of [1, 3, 30]) expect(() => classBalanced(Uint8Array.of(0, 1, 0, 1), 3, count, 1)).toThrow(message);
});

describe('stratifiedSplit', () => {
  it('makes parts in exact proportion where whole images allow', () => {
    const parts = stratifiedSplit(labels, 4, [30, 60, 150], 3);
    expect(
      parts.map((part) =>
        classCounts(
          labels.filter((_, i) => part.includes(i)),
          4,
        ),
      ),
    ).toEqual([
      [5, 8, 3, 14],
      [10, 16, 6, 28],
      [25, 40, 15, 70],
    ]);
    expect(distinct(parts.flatMap((part) => [...part]))).toBe(240);
  });

  it('keeps to the sizes, the labels and the proportions for any labels', () => {
    const someCounts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(someCounts, fc.array(fc.nat(60), { maxLength: 4 }), fc.nat(), (classSizes, wanted, seed) => {
        const all = labelsWith(classSizes);
        const sizes: number[] = [];
        for (const size of wanted) sizes.push(Math.min(size, all.length - sizes.reduce((sum, s) => sum + s, 0)));
        const parts = stratifiedSplit(all, classSizes.length, sizes, seed);
        expect(parts.map((part) => part.length)).toEqual(sizes);
        const indices = parts.flatMap((part) => [...part]);
        expect(distinct(indices)).toBe(indices.length);
        expect(indices.every((index) => index < all.length)).toBe(true);
        if (sizes.length > 0 && all.length > 0) {
          const first = classCounts(
            Uint8Array.from(parts[0], (index) => all[index]),
            classSizes.length,
          );
          first.forEach((number, label) => {
            expect(Math.abs(number - (sizes[0] * classSizes[label]) / all.length)).toBeLessThan(1);
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is in random order and follows the seed', () => {
    const [part] = stratifiedSplit(labels, 4, [120], 5);
    expect(stratifiedSplit(labels, 4, [120], 5)[0]).toEqual(part);
    expect(stratifiedSplit(labels, 4, [120], 6)[0]).not.toEqual(part);
    expect([...part]).not.toEqual([...part].sort((a, b) => a - b));
    // Not class after class: the first half holds each class about half (hypergeometric, sd at most 4.2).
    const firstHalf = classCounts(
      Uint8Array.from(part.subarray(0, 60), (index) => labels[index]),
      4,
    );
    firstHalf.forEach((number, label) => {
      expect(Math.abs(number - counts[label] / 5)).toBeLessThan(17);
    });
  });

  it('refuses more than there is, and sizes that are not whole', () => {
    expect(() => stratifiedSplit(labels, 4, [200, 101], 1)).toThrow(
      new InputError('cannot take 301 images: there are 300'),
    );
    expect(() => stratifiedSplit(labels, 4, [-1], 1)).toThrow(/the size of a part is -1/);
  });
});

describe('subset', () => {
  it('copies a stratified part with its images', () => {
    const split: Split = { images: Uint8Array.from(labels, (label) => label + 100), labels, count: labels.length };
    const part = subset(split, 4, 30, 1);
    expect(part.count).toBe(30);
    expect(classCounts(part.labels, 4)).toEqual([5, 8, 3, 14]);
    expect(part.images).toEqual(part.labels.map((label) => label + 100));
    expect(() => subset(split, 4, 0, 1)).toThrow(InputError);
    expect(() => subset(split, 4, 301, 1)).toThrow(InputError);
  });
});

describe('batches', () => {
  it('covers every image once, the last batch incomplete', () => {
    const cut = batches(103, 20, 1, 0);
    expect(cut.map((batch) => batch.length)).toEqual([20, 20, 20, 20, 20, 3]);
    expect(cut.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual([...new Array(103).keys()]);
  });

  it('drops only the incomplete batch', () => {
    expect(batches(103, 20, 1, 0, { dropLast: true })).toEqual(batches(103, 20, 1, 0).slice(0, 5));
    expect(batches(100, 20, 1, 0, { dropLast: true })).toEqual(batches(100, 20, 1, 0));
  });

  it('repeats for the same seed and epoch only', () => {
    expect(batches(100, 10, 1, 4)).toEqual(batches(100, 10, 1, 4));
    expect(batches(100, 10, 1, 4)).not.toEqual(batches(100, 10, 1, 5));
    expect(batches(100, 10, 1, 4)).not.toEqual(batches(100, 10, 2, 4));
  });

  it.each([
    [[0, 1, 1, 0], /number of images is 0/],
    [[10, 0, 1, 0], /batch size is 0/],
    [[10, 1, -1, 0], /seed is -1/],
    [[10, 1, 1, 0.5], /epoch is 0.5/],
  ] as const)('refuses %j', ([count, size, seed, epoch], message) => {
    expect(() => batches(count, size, seed, epoch)).toThrow(message);
  });

  it('refuses to drop everything', () => {
    expect(() => batches(10, 11, 1, 0, { dropLast: true })).toThrow(
      new InputError('the batch size is 11: it must not exceed the 10 images'),
    );
  });
});
