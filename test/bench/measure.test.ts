import { describe, expect, it } from 'vitest';
import { interleave, summarise } from '../../bench/measure.ts';
import { callsFor } from '../../bench/peers/calls.mjs';

/** Subjects that take so many milliseconds a call, the first call more, on a clock that only they move. */
function fakeSubjects(costs: Readonly<Record<string, { first: number; call: number }>>) {
  let now = 0;
  const order: string[] = [];
  const subjects = Object.entries(costs).map(([name, { first, call }]) => {
    let cold = true;
    return {
      name,
      call: async (times: number) => {
        order.push(`${name} ${times}`);
        now += (cold ? first - call : 0) + times * call;
        cold = false;
      },
    };
  });
  return { subjects, clock: () => now, order };
}

describe('interleave', () => {
  it('compiles, fills a slice with calls, and times everything once in every round', async () => {
    const { subjects, clock, order } = fakeSubjects({ fast: { first: 50, call: 10 }, slow: { first: 900, call: 400 } });
    const rounds: number[] = [];
    const timings = await interleave(subjects, {
      rounds: 2,
      slice: 100,
      clock,
      onRound: (round) => rounds.push(round),
    });
    expect(order).toEqual(['fast 1', 'fast 1', 'slow 1', 'slow 1', 'fast 10', 'slow 1', 'fast 10', 'slow 1']);
    expect(timings).toEqual([
      { first: 50, milliseconds: [10, 10] },
      { first: 900, milliseconds: [400, 400] },
    ]);
    expect(rounds).toEqual([0, 1, 2]);
  });

  it('asks for at least one call and at most 200', () => {
    expect([callsFor(1000, 250), callsFor(60, 250), callsFor(0.001, 250), callsFor(0, 250)]).toEqual([1, 5, 200, 200]);
  });
});

describe('summarise', () => {
  it('gives median, extremes and number of values', () => {
    expect(summarise([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5, runs: 3 });
    expect(summarise([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4, runs: 4 });
  });
});
