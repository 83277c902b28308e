import type { SpawnSyncReturns } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exampleNames, examplePaths, withPrograms } from '../../scripts/examples.mjs';

/** What the examples print at these arguments: all of them in one build. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = { attack: ['64'], trainMnist: ['64'] };
const printed = new Map<string, SpawnSyncReturns<string>>();
await withPrograms(examplePaths(exampleNames), (run) => {
  for (const name of exampleNames) printed.set(name, run(name, ...(ARGUMENTS[name] ?? [])));
});

function outputOf(name: string) {
  const { status, stdout } = printed.get(name)!;
  expect(status, name).toBe(0);
  return JSON.parse(stdout);
}

/** Half a unit of f32's last place, some operations long. */
const SINGLE = 1e-6;

const checks: Readonly<Record<string, () => void>> = {
  // x³ by hand; all values are small whole numbers, which f32 holds.
  gradient: () => expect(outputOf('gradient')).toEqual({ first: [3, 12, 27], second: [6, 12, 18] }),
  ownOp: () => {
    const { y, slope } = outputOf('ownOp');
    [-1, 0, 1].forEach((x, i) => {
      expect(Math.abs(y[i] - Math.log1p(Math.exp(x)))).toBeLessThan(SINGLE);
      expect(Math.abs(slope[i] - 1 / (1 + Math.exp(-x)))).toBeLessThan(SINGLE);
    });
  },
  trainingStep: () => {
    const { losses } = outputOf('trainingStep');
    lossesOfLinearLayer().forEach((loss, i) => {
      expect(Math.abs(losses[i] - loss)).toBeLessThan(SINGLE);
    });
  },
  // R 4.2.2, survival 3.5-3: survreg(dist = "lognormal"), survfit.
  survival: () => {
    const { median, survivalAt10, logLikelihood, timeRatio } = outputOf('survival');
    expect(median).toBe(12);
    expect(survivalAt10).toBeCloseTo(0.565431569929, 12);
    // R stops when the log-likelihood changes by less than 1e-9 of itself; the ratio is then known to half as many digits.
    expect(logLikelihood).toBeCloseTo(-106.704622354482, 8);
    expect(timeRatio).toBeCloseTo(3.84528099919, 6);
  },
  // By hand: training cost 96,000 / 48,000; of PGD, whose budget is the horizon, 53 / 12 an image.
  trash: () => {
    const { horizon, kind, value, attacks } = outputOf('trash');
    expect({ horizon, kind, attacks }).toEqual({ horizon: 10, kind: 'estimate', attacks: ['pgd 0.1'] });
    expect(value).toBeCloseTo(2 / (53 / 12), 14);
  },
  // Exactly 2⁻¹¹ + 2⁻²⁴ where there are 24 more bits than in f32; f32 rounds the square to 1 + 2⁻¹¹, f16 takes 1 + 2⁻¹² for 1.
  formats: () =>
    expect(outputOf('formats')).toEqual({
      f16: 0,
      f32: 2 ** -11,
      f32x2: 2 ** -11 + 2 ** -24,
      f64: 2 ** -11 + 2 ** -24,
    }),
  profileStep: () => {
    const { milliseconds, dispatches, flops } = outputOf('profileStep');
    expect(milliseconds).toBeGreaterThan(0);
    expect(dispatches).toBeGreaterThan(100);
    // Forward and backward of all convolutions of a ResNet-18 of width 8 on 8 images of 28 × 28, at the least: 2 · 3 · multiply-adds.
    expect(flops).toBeGreaterThan(6 * 8 * multiplyAddsOfConvolutions());
  },
  trainMnist: () => {
    const { images, accuracy, loss } = outputOf('trainMnist');
    expect(images).toBe(64);
    expect(Number.isInteger(Math.round(accuracy * 500 * 1e6) / 1e6)).toBe(true);
    // Two batches of an untrained network of ten classes: near the loss of guessing, log 10.
    expect(Math.abs(loss - Math.log(10))).toBeLessThan(1);
  },
  attack: () => {
    const { cleanAccuracy, robustAccuracy, broken, flops } = outputOf('attack');
    expect(broken).toBe(Math.round(20 * (cleanAccuracy - robustAccuracy)));
    expect(flops).toHaveLength(broken);
    for (const cost of flops) expect(cost).toBeGreaterThan(0);
  },
};

/** The training step's losses in float64, written out. */
function lossesOfLinearLayer(): number[] {
  const x = [
    [1, 0],
    [0, 1],
    [1, 0.5],
    [0, 2],
  ];
  const labels = [0, 1, 0, 1];
  const weight = [
    [0, 0],
    [0, 0],
  ];
  const bias = [0, 0];
  return [0, 1, 2].map(() => {
    const probabilities = x.map((row) => {
      const powers = [0, 1].map((k) => Math.exp(bias[k] + row[0] * weight[k][0] + row[1] * weight[k][1]));
      return powers.map((power) => power / (powers[0] + powers[1]));
    });
    const loss = -probabilities.reduce((sum, p, i) => sum + Math.log(p[labels[i]]), 0) / x.length;
    probabilities.forEach((p, i) => {
      for (const k of [0, 1]) {
        const error = (p[k] - Number(labels[i] === k)) / x.length;
        bias[k] -= error;
        weight[k][0] -= error * x[i][0];
        weight[k][1] -= error * x[i][1];
      }
    });
    return loss;
  });
}

/** Multiply-adds of the 3×3 convolutions of the residual blocks on one image of 28 × 28, stem and shortcuts left out. */
function multiplyAddsOfConvolutions(): number {
  return [0, 1, 2, 3].reduce((sum, stage) => {
    const [channels, side] = [8 * 2 ** stage, Math.ceil(28 / 2 ** stage)];
    const first = stage === 0 ? channels : channels / 2;
    return sum + 9 * side * side * channels * (first + 3 * channels);
  }, 0);
}

test.each(exampleNames)('example %s', (name) => {
  expect(Object.keys(checks)).toContain(name);
  checks[name]();
});

test.each(exampleNames)('example %s is of under 40 lines', (name) => {
  const [path] = examplePaths([name]);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n').length).toBeLessThan(40);
});
