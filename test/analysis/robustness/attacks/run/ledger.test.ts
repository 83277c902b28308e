import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { charge, openLedger, settleStep } from '../../../../../src/analysis/robustness/attacks/run/ledger.ts';

const price = { seconds: 6, queries: 2, gradients: 1, flops: 100 };

test('a step is paid in equal shares by the active samples, until the step that breaks them', () => {
  const opened = openLedger([true, false, true, true]);
  const first = charge(opened, 1, price, [true, true, false, false]);
  const second = charge(first, 2, price, [false, true, false, true]);
  expect(first.active).toEqual([false, false, true, true]);
  expect(second.active).toEqual([false, false, true, false]);
  expect(second.firstStep).toEqual([1, null, null, 2]);
  expect(second.costs.map(({ seconds }) => seconds)).toEqual([2, 0, 5, 5]);
  expect(second.costs[0]).toEqual({ seconds: 2, queries: 2, gradients: 1, flops: 100 });
  expect(second.costs[2]).toEqual({ seconds: 5, queries: 4, gradients: 2, flops: 200 });
  expect(opened.active).toEqual([true, false, true, true]);
});

test('shares add up to what the steps took, and the number of steps is the number of gradients', () => {
  const run = fc.record({
    samples: fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }),
    steps: fc.array(fc.record({ seconds: fc.double({ min: 1e-6, max: 10, noNaN: true }), seed: fc.nat() }), {
      maxLength: 9,
    }),
  });
  fc.assert(
    fc.property(run, ({ samples, steps }) => {
      let ledger = openLedger(samples);
      let spent = 0;
      let evaluations = 0;
      for (const [k, { seconds, seed }] of steps.entries()) {
        const active = ledger.active.filter(Boolean).length;
        if (active === 0) break;
        spent += seconds;
        evaluations += active;
        ledger = charge(
          ledger,
          k + 1,
          { ...price, seconds },
          samples.map((_, i) => ((seed >> i) & 3) === 0),
        );
      }
      const total = (key: 'seconds' | 'gradients') => ledger.costs.reduce((sum, cost) => sum + cost[key], 0);
      // Float64 shares of up to 9 steps and 8 samples.
      expect(Math.abs(total('seconds') - spent)).toBeLessThanOrEqual(1e-13 * spent);
      expect(total('gradients')).toBe(evaluations);
      ledger.firstStep.forEach((first, i) => {
        if (first !== null) expect(ledger.costs[i].gradients).toBe(first);
      });
    }),
  );
});

test('runs of executables are paid in equal shares, too; those who paid for the same steps share one sum', () => {
  const asked = new Array(4).fill({ queries: 1, gradients: 0, flops: 1 });
  const nobody = [false, false, false, false];
  const broken = [true, false, false, false];
  const step = { seconds: 1, asked };
  const first = settleStep(openLedger([true, true, true, false]), {
    ...{ ...step, step: 1, runs: { step: 3 }, wrong: broken, finished: broken },
  });
  const second = settleStep(first, { ...step, step: 2, runs: { step: 1, last: 4 }, wrong: nobody, finished: nobody });
  expect(second.costs.map(({ runs }) => runs)).toEqual([
    { step: 1 },
    { step: 1.5, last: 2 },
    { step: 1.5, last: 2 },
    undefined,
  ]);
  expect(second.costs[2].runs).toBe(second.costs[1].runs);
});
