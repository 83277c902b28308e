import { describe, expect, test } from 'vitest';
import { fitModel, modelCoefficients, performance, survivalTable } from '../../../src/analysis/survival/index.ts';
import { reference } from '../../support/survivalFixtures.ts';

const { rows } = reference('lung');
const weights = rows.time.map((_, i) => 1 + (i % 3));
const repeated = rows.time.flatMap((_, i) => Array<number>(weights[i]).fill(i));
const columns = (chosen: readonly number[], more: { readonly weights?: readonly number[] } = {}) =>
  survivalTable({
    durations: chosen.map((i) => rows.time[i]),
    events: chosen.map((i) => rows.event[i]),
    covariates: { age: chosen.map((i) => rows.age[i]) },
    ...more,
  });
const all = rows.time.map((_, i) => i);

describe('a row of weight 3 is three rows', () => {
  test('also where the piecewise exponential puts its breakpoints', () => {
    const weighted = fitModel('piecewise-exponential', columns(all, { weights }));
    const rowByRow = fitModel('piecewise-exponential', columns(repeated));
    expect(modelCoefficients(weighted).map(({ parameter }) => parameter)).toEqual(
      modelCoefficients(rowByRow).map(({ parameter }) => parameter),
    );
    expect(weighted.fit.logLikelihood).toBeCloseTo(rowByRow.fit.logLikelihood, 9);
    // They are not those of the rows without weights.
    expect(modelCoefficients(weighted).map(({ parameter }) => parameter)).not.toEqual(
      modelCoefficients(fitModel('piecewise-exponential', columns(all))).map(({ parameter }) => parameter),
    );
  });

  test('also in the figures of calibration and the scores', () => {
    const [weighted, rowByRow] = [columns(all, { weights }), columns(repeated)].map((table) =>
      performance(fitModel('weibull', table), table, 300),
    );
    for (const name of ['ici', 'e50', 'e90', 'brier', 'integratedBrier', 'unoConcordance'] as const)
      expect(weighted[name]).toBeCloseTo(rowByRow[name]!, 9);
  });
});

test('equal weights of any size, whole or not, leave breakpoints, calibration and scores as they are', () => {
  const [plain, fractional] = [columns(all), columns(all, { weights: all.map(() => 0.2) })];
  const thirds = [plain, fractional].map((table) =>
    modelCoefficients(fitModel('piecewise-exponential', table)).map(({ parameter }) => parameter),
  );
  expect(thirds[1]).toEqual(thirds[0]);
  const [one, other] = [plain, fractional].map((table) => performance(fitModel('weibull', table), table, 300));
  for (const name of ['ici', 'e50', 'e90', 'brier', 'integratedBrier', 'unoConcordance'] as const)
    expect(other[name]).toBeCloseTo(one[name]!, 9);
});
