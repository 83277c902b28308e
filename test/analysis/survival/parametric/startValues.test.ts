import { describe, expect, test } from 'vitest';
import { fitParametric, logNormal, survivalTable, weibull } from '../../../../src/analysis/survival/index.ts';
import { uniform } from '../../../support/survivalFixtures.ts';

/** Long enough that fits start from a selection of rows; the same 400 rows again and again. */
const COPIES = 50;

function rowsOf(kind: (row: number) => number) {
  const random = uniform(5);
  return Array.from({ length: 400 }, (_, row) => {
    const time = Math.exp(1 + 0.4 * kind(row) + 0.8 * Math.log(-Math.log(random())));
    return { time: Math.min(time, 6), event: time < 6 ? 1 : 0, x: kind(row) };
  });
}

function tables(rows: ReturnType<typeof rowsOf>) {
  const columns = (list: typeof rows) => ({
    durations: list.map(({ time }) => time),
    events: list.map(({ event }) => event),
    covariates: { x: list.map(({ x }) => x) },
  });
  const repeated = Array.from({ length: COPIES }, () => rows).flat();
  return {
    short: survivalTable({ ...columns(rows), weights: rows.map(() => COPIES) }),
    long: survivalTable(columns(repeated)),
  };
}

describe('a long table has the maximum of the short one with weights, which is fitted from another start', () => {
  // Each eighth row is selected: of the second and third covariate the selection sees one value only.
  test.each([
    ['both values everywhere', (row: number) => (row * 7) % 3],
    ['a group that the selection misses', (row: number) => (row % 8 === 3 ? 1 : 0)],
    ['a group that is all that the selection sees', (row: number) => (row % 8 === 0 ? 1 : 0)],
  ])('%s', (_, kind) => {
    const { short, long } = tables(rowsOf(kind));
    for (const distribution of [weibull, logNormal]) {
      const [from, to] = [short, long].map((table) => fitParametric(table, { distribution }));
      // Sums of 20,000 terms in another order: 1e-13 or so, and what Newton's last step leaves.
      expect(Math.abs(to.logLikelihood / from.logLikelihood - 1)).toBeLessThan(1e-12);
      to.coefficients.forEach(({ coefficient, standardError }, k) => {
        expect(Math.abs(coefficient - from.coefficients[k].coefficient)).toBeLessThan(1e-9 * standardError);
        expect(Math.abs(standardError / from.coefficients[k].standardError - 1)).toBeLessThan(1e-9);
      });
      expect(to.concordance).toBeCloseTo(from.concordance!, 12);
    }
  });
});
