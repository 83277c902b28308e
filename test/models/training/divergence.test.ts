import { expect, test } from 'vitest';
import { DivergenceError, divergenceWatch } from '../../../src/models/training/divergence.ts';

/** Windows of ten batches with these losses; the number of the window that ends training, from 1. */
function endsAt(losses: readonly number[], classes = 10): number | null {
  const watch = divergenceWatch(classes, 10);
  for (const [i, loss] of losses.entries()) {
    try {
      watch({ epoch: 1, batches: 10 * (i + 1), loss });
    } catch (error) {
      expect(error).toBeInstanceOf(DivergenceError);
      return i + 1;
    }
  }
  return null;
}

const times = (count: number, loss: number) => new Array<number>(count).fill(loss);

test('a loss that is no number ends training at once', () => {
  expect(endsAt([2.3, Number.NaN])).toBe(2);
  expect(endsAt([Number.POSITIVE_INFINITY])).toBe(1);
});

test('a loss of more than three times that of guessing ends training after five windows in a row', () => {
  // 3 ln 10 = 6.9; the first two windows are not judged.
  expect(endsAt(times(20, 7))).toBe(7);
  expect(endsAt([...times(6, 7), 6.8, ...times(20, 7)])).toBe(12);
  expect(endsAt(times(50, 6.8))).toBeNull();
  // 3 ln 100 = 13.8.
  expect(endsAt(times(50, 13), 100)).toBeNull();
});

test('the message says where, and what may help', () => {
  expect(() => divergenceWatch(10, 3)({ epoch: 2, batches: 30, loss: Number.NaN })).toThrow(
    'training diverged: the loss is NaN in epoch 2, by step 30; a learning rate below 3 may help',
  );
});
