import { describe, expect, test } from 'vitest';
import {
  accelerationTest,
  exponential,
  fitParametric,
  logLogistic,
  logNormal,
  survivalTable,
  weibull,
} from '../../../../src/analysis/survival/index.ts';
import { reference, relativeError } from '../../../support/survivalFixtures.ts';

const { rows } = reference('lung');
const table = survivalTable({
  durations: rows.time,
  events: rows.event,
  covariates: { sex: rows.sex, age: rows.age },
});

describe('test of constant acceleration, against R', () => {
  // survreg(Surv(time, status) ~ sex + age + strata(sex)) against the same without strata, twice the gain in log likelihood,
  // with rel.tolerance 1e-12 (survival 3.5.3): a scale for each sex is a scale that depends on it.
  test.each([
    [weibull, 2.53170145969, 0.111579842689],
    [logNormal, 0.244729926815, 0.620810590877],
    [logLogistic, 0.858315011643, 0.354210653531],
  ])('$name', (distribution, statistic, p) => {
    const fit = fitParametric(table, { distribution });
    const [sex, age, both] = accelerationTest(fit, table, { distribution });
    // Differences of log likelihoods of 1e3, which R has to 1e-12 of themselves.
    expect(relativeError(sex.statistic, statistic)).toBeLessThan(1e-7);
    expect(relativeError(sex.p, p)).toBeLessThan(1e-7);
    expect([sex.name, age.name, both.name]).toEqual(['sex', 'age', 'global']);
    expect(both.degreesOfFreedom).toBe(2);
    expect(both.statistic).toBeGreaterThanOrEqual(Math.max(sex.statistic, age.statistic));
  });

  test('needs a scale, a covariate that it lacks, and no penalty', () => {
    const fit = fitParametric(table, { distribution: exponential });
    expect(() => accelerationTest(fit, table, { distribution: exponential })).toThrow(/has no scale that could vary/);
    const bare = fitParametric(table, { distribution: weibull, covariates: [] });
    expect(() => accelerationTest(bare, table, { distribution: weibull, covariates: [] })).toThrow(/no covariate/);
    expect(() => accelerationTest(bare, table, { distribution: weibull, penalizer: 1 })).toThrow(/no penalizer/);
  });
});
