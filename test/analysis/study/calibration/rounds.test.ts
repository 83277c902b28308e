import { median } from 'simple-statistics';
import { expect, test } from 'vitest';
import { logRatios } from '../../../../src/analysis/study/calibration/estimate.ts';
import { type Timed, timeRounds } from '../../../../src/analysis/study/calibration/rounds.ts';
import { drawUniform, streamId } from '../../../../src/base/philox.ts';

/** A machine that keeps its own time: each run takes its seconds, times a mood that gets worse every so many runs, times noise. */
function machine(noise: number, steady: number) {
  let clock = 0;
  let runs = 0;
  const drawn = drawUniform({ seed: 7, stream: streamId('test.machine'), substream: 0 }, 100_000);
  const timed = (seconds: number): Timed & { runs: number } => {
    const each = {
      runs: 0,
      time: async () => {
        each.runs++;
        const mood = 1 + Math.floor(runs / steady);
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
  const { timed, now } = machine(0.02, 25);
  const { references, times } = await timeRounds(timed(0.03), [timed(0.06), timed(0.01), timed(0.5)], {
    fewest: 6,
    mostSeconds: 1000,
    now,
  });
  const ratios = times.map((own, i) => Math.exp(median(logRatios(own, references[i]))));
  // Noise of 1 % either way, and a mood that changes within few of the rounds.
  for (const [i, ratio] of [2, 1 / 3, 50 / 3].entries())
    expect(Math.abs(Math.log(ratios[i] / ratio))).toBeLessThan(Math.log(1.03));
  // Its mood was much worse at the end: all runs at their true seconds would have taken less than half of the time.
  expect(now()).toBeGreaterThan(2 * 6 * (0.03 * 3 + 0.06 + 0.01 + 0.5));
});

test('the fewest rounds always; more until all ratios are known or the time is over; a short run is repeated', async () => {
  const rounds = async (noise: number, mostSeconds: number) => {
    const { timed, now } = machine(noise, Infinity);
    const short = timed(0.002);
    const { references, times } = await timeRounds(timed(0.02), [short], { fewest: 6, mostSeconds, now });
    expect(times[0]).toHaveLength(references[0].length);
    // One run before the rounds; then as many as take 10 ms, of 3 ms at most each.
    expect(short.runs).toBeGreaterThanOrEqual(1 + 4 * times[0].length);
    return times[0].length;
  };
  expect(await rounds(0, 0)).toBe(6);
  expect(await rounds(0, 1000)).toBe(6);
  expect(await rounds(1, 0)).toBe(6);
  expect(await rounds(1, 1000)).toBeGreaterThan(6);
});
