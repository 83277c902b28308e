import { expect, test } from 'vitest';
import { growthOf, type Reading, tenthsOf } from '../../../bench/soak/tenths.ts';

/** Rounds of two seconds, one of them on the processor; memory grows by 1 MB a round from 100 MB on. */
const readings: readonly Reading[] = Array.from({ length: 25 }, (_, round) => ({
  seconds: 2 * (round + 1),
  processorSeconds: round + 1,
  residentBytes: 1e8 + 1e6 * round,
  heapBytes: 1e7,
  deviceBytes: round,
  handles: 3,
  files: null,
}));

test('ten parts hold every round once, in order, and differ by a round at most', () => {
  const rounds = tenthsOf(readings).map((tenth) => tenth.rounds);
  expect(rounds).toHaveLength(10);
  expect(rounds.reduce((sum, each) => sum + each, 0)).toBe(25);
  expect(new Set(rounds)).toEqual(new Set([2, 3]));
});

// By hand: 25 rounds, borders at 2.5 (3), 5, … , 22.5 (23). The first three have 100, 101, 102 MB, the last two 123 and 124.
test('means, rates and growth are those of the part', () => {
  const tenths = tenthsOf(readings);
  expect(tenths[0]).toEqual({
    rounds: 3,
    roundsPerMinute: 30,
    processorSecondsPerRound: 1,
    residentBytes: 1.01e8,
    heapBytes: 1e7,
    deviceBytes: 1,
    handles: 3,
    files: null,
  });
  expect(tenths[9]).toMatchObject({ rounds: 2, roundsPerMinute: 30, residentBytes: 1.235e8, deviceBytes: 23.5 });
  expect(growthOf(tenths)).toBeCloseTo(123.5 / 101, 12);
});

test('a rate is that of its own part: the last rounds are twice as slow', () => {
  const slower = readings.map((reading, round) => ({
    ...reading,
    seconds: round < 23 ? reading.seconds : 46 + 4 * (round - 22),
  }));
  const rates = tenthsOf(slower).map(({ roundsPerMinute }) => roundsPerMinute);
  expect(rates).toEqual([...Array.from({ length: 9 }, () => 30), 15]);
});
