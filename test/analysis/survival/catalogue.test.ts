import { expect, test } from 'vitest';
import { MODEL_NAMES, SURVIVAL_MODELS, survivalModel } from '../../../src/analysis/survival/catalogue.ts';
import { fitModel } from '../../../src/analysis/survival/model.ts';
import { survivalTable } from '../../../src/analysis/survival/table/table.ts';

/** Times that fall by a factor for each step of x, with a spread that every model can have. */
const rows = Array.from({ length: 60 }, (_, i) => ({ x: i % 3, noise: ((i * 37) % 60) / 60 + 1 / 120 }));
const table = survivalTable({
  durations: rows.map(({ x, noise }) => 10 * Math.exp(-0.5 * x) * (-Math.log(noise)) ** 0.8),
  events: rows.map((_, i) => i % 5 !== 0),
  covariates: { x: rows.map(({ x }) => x) },
});

test('every model has a name of its own, and is found by it', () => {
  expect(new Set(MODEL_NAMES).size).toBe(SURVIVAL_MODELS.length);
  for (const model of SURVIVAL_MODELS) expect(survivalModel(model.name)).toBe(model);
});

// The generalised ones have no finite shape here: their smaller model, the Weibull, is what the times were made by.
test.each(SURVIVAL_MODELS.filter(({ name }) => !name.startsWith('generalised')))(
  '$name: what it says of itself is true of its fit',
  ({ name, ratio, baselineCoefficients, noMean }) => {
    const model = fitModel(name, table);
    expect(model.fit.estimates.length).toBe(1 + baselineCoefficients);
    expect(model.kind === 'cox').toBe(noMean !== null);
    // x shortens times: a time ratio below 1, a hazard ratio above.
    const { coefficient } = model.fit.coefficients.find((line) => line.name === 'x')!;
    expect(Math.sign(coefficient)).toBe(ratio === 'time ratio' ? -1 : 1);
  },
);
