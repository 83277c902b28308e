import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  fitModel,
  kaplanMeier,
  type ModelName,
  medianSurvival,
  survivalProbability,
  survivalTable,
  turnbull,
} from '../../../../src/analysis/survival/index.ts';

interface Fit {
  readonly coefficients: readonly number[];
  readonly scale: readonly number[];
  readonly logLikelihood: readonly number[];
  readonly se: readonly number[];
}

interface Reference {
  readonly lower: readonly number[];
  readonly upper: readonly (number | null)[];
  readonly defended: readonly number[];
  readonly curve: { readonly times: readonly number[]; readonly survival: readonly number[] };
  readonly weibull: Fit;
  readonly logNormal: Fit;
  readonly logLogistic: Fit;
  readonly exponential: Fit;
}

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/survival/${file}`, import.meta.url), 'utf8'));

const reference = read('turnbullReferences.json') as Reference;

/** A table of rows, and the mass that lifelines puts into each of its intervals. */
interface Masses {
  readonly lower: readonly number[];
  readonly upper: readonly (number | null)[];
  readonly cells: readonly { readonly end: number | null; readonly mass: number }[];
}

const masses = read('turnbullMasses.json') as Readonly<Record<'grid' | 'visits', Masses>>;

const ended = (ends: readonly (number | null)[]) => ends.map((end) => end ?? Infinity);

const columns = {
  lower: reference.lower,
  upper: ended(reference.upper),
  covariates: { defended: reference.defended },
};

describe('rows with exact, interval-, left- and right-censored times', () => {
  const table = survivalTable(columns);
  const curve = turnbull(table, { replicates: 0 });

  test('agree with survfit of R', () => {
    // R ends its iterations at changes of 5e-5, and puts the mass of an interval into its middle.
    reference.curve.times.forEach((time, k) => {
      const end = curve.times.findIndex((each, cell) => each >= time && curve.starts[cell] <= time);
      const after = end < 0 ? survivalProbability(curve, time) : curve.survival[end];
      expect(Math.abs(after - reference.curve.survival[k])).toBeLessThan(1e-3);
    });
  });

  test.each(['grid', 'visits'] as const)('%s agrees with lifelines', (name) => {
    const { lower, upper, cells } = masses[name];
    const estimate = turnbull(survivalTable({ lower, upper: ended(upper) }), { replicates: 0 });
    // lifelines stops where its log likelihood changes by less than 1e-13: masses then differ by less than 1e-5.
    for (const { end, mass } of cells) {
      const ours = end === null ? estimate.survival.at(-1) : estimate.masses[estimate.times.indexOf(end)];
      expect(Math.abs((ours ?? 0) - mass)).toBeLessThan(1e-5);
    }
    expect(estimate.times.every((time) => cells.some(({ end }) => end === time))).toBe(true);
    const share = cells.map(({ end }) => end).indexOf(null);
    expect(estimate.masses.reduce((sum, mass) => sum + mass, 0)).toBeCloseTo(1 - (cells[share]?.mass ?? 0), 4);
  });

  test.each([
    ['weibull', 'weibull'],
    ['log-normal', 'logNormal'],
    ['log-logistic', 'logLogistic'],
    ['exponential', 'exponential'],
  ] as const)(
    '%s agrees with survreg of R',
    (name: ModelName, key: 'weibull' | 'logNormal' | 'logLogistic' | 'exponential') => {
      const expected = reference[key];
      const fitted = fitModel(name, table);
      if (fitted.kind !== 'parametric') throw new Error(`${name} is a parametric model`);
      // Both maximise to 1e-12 or closer in the log likelihood, so to 1e-6 in the coefficients; R prints 17 digits.
      expected.coefficients.forEach((value, k) => {
        const { coefficient, standardError } = fitted.fit.coefficients[k];
        expect(coefficient).toBeCloseTo(value, 6);
        expect(standardError).toBeCloseTo(expected.se[k], 6);
      });
      expect(fitted.fit.scale).toBeCloseTo(expected.scale[0], 6);
      expect(fitted.fit.logLikelihood).toBeCloseTo(expected.logLikelihood[0], 8);
    },
  );
});

test('without intervals it is the Kaplan-Meier estimate', () => {
  const durations = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
  const events = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1];
  const table = survivalTable({ durations, events });
  const [exact, curve] = [kaplanMeier(table), turnbull(table, { replicates: 0 })];
  for (const time of [0, 1, 2, 3, 4.5, 5, 8, 9])
    expect(survivalProbability(curve, time)).toBeCloseTo(survivalProbability(exact, time), 9);
  expect(medianSurvival(curve).estimate).toBe(medianSurvival(exact).estimate);
});

test('on a grid that every row shares it is the share of rows, and its bootstrap that of a share', () => {
  // Of 40 images 10 break within (0, 1], 20 within (1, 2], 10 never do.
  const lower = Array.from({ length: 40 }, (_, i) => (i < 10 ? 0 : i < 30 ? 1 : 2));
  const upper = lower.map((start) => (start === 2 ? Infinity : start + 1));
  const curve = turnbull(survivalTable({ lower, upper }), { replicates: 1000, seed: 1 });
  expect([...curve.times]).toEqual([1, 2]);
  expect([...curve.starts]).toEqual([0, 1]);
  expect(curve.survival[0]).toBeCloseTo(0.75, 9);
  expect(curve.survival[1]).toBeCloseTo(0.25, 9);
  // 2.5 and 97.5 % quantiles of 40 draws of probability 3/4: 24 to 35; with 1000 draws they are off by one at most.
  expect(Math.abs(curve.lower[0] * 40 - 24)).toBeLessThan(1.01);
  expect(Math.abs(curve.upper[0] * 40 - 35)).toBeLessThan(1.01);
});

test('a row that entered late is refused', () => {
  const table = survivalTable({ lower: [1, 2], upper: [3, Infinity], entry: [0, 1] });
  expect(() => turnbull(table)).toThrow(/row 2 was only observed from 1 on/);
});
