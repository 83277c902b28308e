import { median } from 'simple-statistics';
import { expect, test } from 'vitest';
import { logRatios } from '../../../../src/analysis/study/calibration/estimate.ts';
import { type Timed, timeRounds } from '../../../../src/analysis/study/calibration/rounds.ts';
import { randomUniform, streamId } from '../../../../src/engine/philox.ts';

/** A machine that keeps its own time: each run takes its seconds, times a mood that lasts, times noise. */
function machine(noise: number) {
  let clock = 0;
  let runs = 0;
  const drawn = randomUniform({ seed: 7, stream: streamId('test.machine'), substream: 0 }, 100_000);
  const timed = (seconds: number): Timed & { runs: number } => {
    const each = {
      runs: 0,
      time: async () => {
        each.runs++;
        const mood = 1 + Math.floor(clock / 3);
        const took = seconds * mood * (1 + noise * (drawn[runs++] - 0.5));
        clock += took;
        return took;
      },
    };
    return each;
  };
  return { timed, now: () => clock };
}

test('seconds of executables come out in their true ratios, though the machine slows down in between', async () => {
  const { timed, now } = machine(0.1);
  const { reference, times } = await timeRounds(timed(0.03), [timed(0.06), timed(0.01), timed(0.5)], {
    fewest: 6,
    mostSeconds: 1000,
    now,
  });
  const ratios = times.map((own) => Math.exp(median(logRatios(own, reference))));
  // Each median is known to 3 % at 95 %: this seed is one of those that keep it.
  for (const [i, ratio] of [2, 1 / 3, 50 / 3].entries())
    expect(Math.abs(Math.log(ratios[i] / ratio))).toBeLessThan(Math.log(1.03));
  // The machine was six times as slow at the end, so that wall seconds would be off by more than that.
  expect(now()).toBeGreaterThan(3);
});

test('the fewest rounds always; more until all ratios are known or the time is over; a short run is repeated', async () => {
  const rounds = async (noise: number, mostSeconds: number) => {
    const { timed, now } = machine(noise);
    const short = timed(0.002);
    const { reference, times } = await timeRounds(timed(0.02), [short], { fewest: 6, mostSeconds, now });
    expect(times[0]).toHaveLength(reference.length);
    // Two runs before the rounds; then as many as take 15 ms, of 3 ms at most each.
    expect(short.runs).toBeGreaterThanOrEqual(2 + 5 * reference.length);
    return reference.length;
  };
  expect(await rounds(0, 0)).toBe(6);
  expect(await rounds(0, 1000)).toBe(6);
  expect(await rounds(1, 0)).toBe(6);
  expect(await rounds(1, 1000)).toBeGreaterThan(6);
});
