import { afterEach, expect, test, vi } from 'vitest';
import { stopwatch } from '../../../src/models/training/stopwatch.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('both clocks count only while it runs; seconds from before are on the wall alone', () => {
  vi.useFakeTimers();
  let device = 100;
  const pass = (wall: number, work: number) => {
    vi.advanceTimersByTime(1000 * wall);
    device += work;
  };
  const watch = stopwatch({ kind: 'processor', now: () => device }, 7);
  pass(1, 1);
  expect([watch.seconds(), watch.deviceSeconds()]).toEqual([7, 0]);
  watch.start();
  pass(2, 4);
  // A second start changes nothing.
  watch.start();
  expect([watch.seconds(), watch.deviceSeconds()]).toEqual([9, 4]);
  watch.pause();
  pass(10, 10);
  expect([watch.seconds(), watch.deviceSeconds()]).toEqual([9, 4]);
  watch.start();
  pass(0.5, 0.25);
  watch.pause();
  expect([watch.seconds(), watch.deviceSeconds()]).toEqual([9.5, 4.25]);
});
