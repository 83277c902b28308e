import { describe, expect, test } from 'vitest';
import {
  bootstrapModel,
  brierScores,
  crossValidate,
  crossValidateModel,
  fitModel,
  foldsOf,
  modelSurvival,
  performance,
  selectRows,
  summarise,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { reference, tableOf } from '../../../support/survivalFixtures.ts';

const lung = tableOf(reference('lung'));
const { rows } = reference('lung');
const sex = rows.sex.map(String);
const covariates = ['age', 'ph.ecog'];

describe('crossValidateModel', () => {
  test('of a parametric model: that of crossValidate', () => {
    const drawing = { folds: 4, seed: 9 };
    const expected = crossValidate(lung, { distribution: weibull }, drawing);
    crossValidateModel('weibull', lung, {}, drawing).forEach((fold, k) => {
      expect(fold.samples).toBe(expected[k].samples);
      expect(fold.logLikelihood).toBeCloseTo(expected[k].logLikelihood, 12);
      expect(fold.concordance).toBeCloseTo(expected[k].concordance, 12);
    });
  });

  test('of a Cox model with strata: each fold is judged by a fit on the strata of the other rows', () => {
    const folds = crossValidateModel('cox', lung, { covariates, strata: sex }, { folds: 3, seed: 1 });
    const fold = foldsOf(lung, 3, 1);
    const others = (row: number) => fold[row] !== 0;
    const model = fitModel('cox', selectRows(lung, others), {
      covariates,
      strata: sex.filter((_, row) => others(row)),
    });
    const held = selectRows(lung, (row) => !others(row));
    const label = sex.filter((_, row) => !others(row));
    expect(folds.map(({ logLikelihood }) => logLikelihood)).toEqual([null, null, null]);
    expect(folds[0].concordance).toBe(performance(model, held, 300, label).concordance);
  });
});

describe('bootstrapModel', () => {
  test.each(['weibull', 'cox'] as const)('%s: its standard errors are near those of the information', (name) => {
    const options = { covariates, strata: name === 'cox' ? sex : undefined };
    const drawn = bootstrapModel(name, lung, options, { replicates: 200, seed: 4 });
    expect([drawn.replicates, drawn.failed]).toEqual([200, 0]);
    summarise(fitModel(name, lung, options)).coefficients.forEach(({ parameter, covariate, coef, se }, k) => {
      const line = drawn.coefficients[k];
      expect([line.parameter, line.covariate]).toEqual([parameter, covariate]);
      // A standard deviation of 200 draws is known to 5 %; both kinds differ by some 10 % in 226 rows.
      expect(Math.abs(line.se / se - 1)).toBeLessThan(0.3);
      expect(line.lower).toBeLessThan(coef);
      expect(line.upper).toBeGreaterThan(coef);
    });
    expect(bootstrapModel(name, lung, options, { replicates: 20, seed: 4 })).toEqual(
      bootstrapModel(name, lung, options, { replicates: 20, seed: 4 }),
    );
  });
});

describe('performance', () => {
  test('Brier scores by censoring among the training rows, against brierScores', () => {
    const fold = foldsOf(lung, 2, 3);
    const [training, held] = [0, 1].map((part) => selectRows(lung, (row) => fold[row] === part));
    const model = fitModel('weibull', training);
    const { brier, integratedBrier, unoConcordance, concordance } = performance(model, held, 200, null, training);
    const survival = (row: number, time: number) => {
      const values = Object.fromEntries(Object.entries(held.covariates).map(([name, column]) => [name, column[row]]));
      return modelSurvival(model, values, [time])[0];
    };
    expect(brier).toBeCloseTo(brierScores(held, [200], survival, training).scores[0], 12);
    // A coin's is 1/4.
    expect(integratedBrier).toBeGreaterThan(0);
    expect(integratedBrier).toBeLessThan(0.25);
    // Little of lung is censored early: Uno's is near Harrell's.
    expect(Math.abs(unoConcordance! - concordance!)).toBeLessThan(0.05);
  });

  test('null where interval censoring leaves a figure without meaning', () => {
    const lower = [0, 1, 2, 3, 1, 2, 4, 5];
    const table = survivalTable({ lower, upper: lower.map((low, k) => low + 1 + (k % 3)) });
    const figures = performance(fitModel('weibull', table), table, 2);
    expect(figures).toMatchObject({ concordance: null, unoConcordance: null, brier: null, integratedBrier: null });
    expect(figures.logLikelihood).toBeLessThan(0);
  });
});
