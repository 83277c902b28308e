import type { AttackNorm } from '../attacks/defineAttack.ts';
import type { AttackWatch } from '../attacks/run/method.ts';
import { lengthOf } from '../attacks/run/rows.ts';

/** An adversarial image that was nearer than all before it: at what distance, after how many passes. */
export interface Improvement {
  readonly passes: number;
  readonly distance: number;
}

/** What a sample was asked, and the nearest adversarial image that was seen within the budget. */
export interface WatchedSample {
  readonly forwards: number;
  readonly backwards: number;
  /** Steps in which it was attacked, over all runs. */
  readonly steps: number;
  /** The step, from 1, at which it was first seen broken within the budget; null where it never was. */
  readonly firstStep: number | null;
  readonly trace: readonly Improvement[];
  /** Infinite where none was seen; `image` is then the original. */
  readonly distance: number;
  readonly image: Float32Array;
}

/** Number of a sample that only fills a batch up. */
export const FILLER = -1;

/**
 * Follows samples through attacks: counts forward and backward passes, and keeps the nearest adversarial image found before they exceed the
 * budget. Attacks are followed step by step: what a step found that ended beyond the budget does not count.
 */
export class PassWatch {
  private readonly watched: WatchedSample[];

  constructor(
    private readonly originals: readonly Float32Array[],
    private readonly norm: AttackNorm,
    private readonly budget: number,
  ) {
    this.watched = originals.map((image) => ({
      ...{ forwards: 0, backwards: 0, steps: 0, firstStep: null, trace: [], distance: Infinity },
      image,
    }));
  }

  get samples(): readonly WatchedSample[] {
    return this.watched;
  }

  /** Whether a sample cannot pay so many more passes. */
  isSpent(sample: number, price = 1): boolean {
    const { forwards, backwards } = this.watched[sample];
    return forwards + backwards + price > this.budget;
  }

  count(sample: number, asked: { readonly queries: number; readonly gradients: number }): void {
    const { forwards, backwards, ...rest } = this.watched[sample];
    this.watched[sample] = { ...rest, forwards: forwards + asked.queries, backwards: backwards + asked.gradients };
  }

  /** A watch of an attack on some of the samples. @param numbers of these among all, `FILLER` of those that only fill up */
  over(numbers: readonly number[]): AttackWatch {
    return {
      isSpent: (sample, { queries, gradients }) =>
        numbers[sample] === FILLER || this.isSpent(numbers[sample], queries + gradients),
      observe: ({ step, rows, sample, asked, broken, images }) => {
        for (const row of rows) {
          const number = numbers[sample[row]];
          if (number === FILLER) continue;
          this.count(number, asked[row]);
          if (step > 0) this.watched[number] = { ...this.watched[number], steps: this.watched[number].steps + 1 };
          if (broken[row]) this.see(number, images, row);
        }
      },
    };
  }

  /** Looks at an adversarial image of a sample. */
  private see(number: number, images: Float32Array, row: number): void {
    if (this.isSpent(number, 0)) return;
    const original = this.originals[number];
    const image = images.subarray(row * original.length, (row + 1) * original.length);
    const distance = elementDistance(original, image, this.norm);
    const before = this.watched[number];
    if (distance >= before.distance) return;
    const improvement = { passes: before.forwards + before.backwards, distance };
    this.watched[number] = {
      ...before,
      distance,
      image: image.slice(),
      firstStep: before.firstStep ?? before.steps,
      trace: [...before.trace, improvement],
    };
  }
}

/** Distance between two images as AttackBench measures it: L0 counts numbers that differ, not places. */
export function elementDistance(a: Float32Array, b: Float32Array, norm: AttackNorm): number {
  if (norm !== '0') return lengthOf(b, norm, a);
  return a.reduce((count, value, i) => (Math.abs(value - b[i]) > LEAST_DIFFERENCE ? count + 1 : count), 0);
}

/** Numbers that differ by no more are equal, as in AttackBench. */
const LEAST_DIFFERENCE = 1e-10;
