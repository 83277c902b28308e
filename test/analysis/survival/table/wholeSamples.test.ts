import { describe, expect, test } from 'vitest';
import {
  fitModel,
  performance,
  sampleWeight,
  survivalTable,
  wholeSamples,
} from '../../../../src/analysis/survival/index.ts';
import { scoreReferencesR } from '../../../support/survivalFixtures.ts';

const { time, cut, brier } = scoreReferencesR().pieces;
const firstPiece = time.map((_, sample) => cut.id.indexOf(sample + 1));
const covariates = { age: cut.age, sex: cut.sex };
const pieces = survivalTable({ durations: cut.to, events: cut.event, entry: cut.from, clusters: cut.id, covariates });
const whole = survivalTable({
  durations: time,
  // The last piece of a sample tells how it ended.
  events: time.map((_, sample) => cut.event[cut.id.lastIndexOf(sample + 1)]),
  covariates: {
    age: firstPiece.map((row) => cut.age[row]),
    sex: firstPiece.map((row) => cut.sex[row]),
  },
});
const figures = ['samples', 'concordance', 'unoConcordance', 'ici', 'e50', 'e90', 'brier', 'integratedBrier'] as const;

describe('lung cut into start-stop rows at 100 and 200 days', () => {
  test('is joined again', () => {
    const { table, pieces: rows } = wholeSamples(pieces);
    expect(table.lower).toEqual(whole.lower);
    expect(table.upper).toEqual(whole.upper);
    expect(table.covariates).toEqual(whole.covariates);
    expect(Array.from(table.entry)).toEqual(time.map(() => 0));
    expect(rows.flat().length).toBe(cut.id.length);
    // In any order of the rows.
    const turned = cut.id.map((_, row) => cut.id.length - 1 - row);
    const back = survivalTable({
      durations: turned.map((row) => cut.to[row]),
      events: turned.map((row) => cut.event[row]),
      entry: turned.map((row) => cut.from[row]),
      clusters: turned.map((row) => cut.id[row]),
    });
    expect(Array.from(wholeSamples(back).table.lower)).toEqual(time.toReversed());
  });

  test('has the Brier score that riskRegression has of the whole samples', () => {
    for (const table of [whole, pieces])
      expect(performance(fitModel('cox', table), table, 300).brier).toBeCloseTo(brier, 9);
  });

  test.each(['cox', 'weibull'] as const)('%s: every figure of its predictions is that of the whole samples', (name) => {
    const [one, other] = [whole, pieces].map((table) => performance(fitModel(name, table), table, 300));
    for (const figure of figures) expect(other[figure]).toBeCloseTo(one[figure]!, 8);
    expect(other.noScores).toBeNull();
  });

  // lifelines' CoxTimeVaryingFitter tells 228 subjects and 568 periods; R's BIC of a coxph takes the logarithm of its events, 165.
  test.each(['cox', 'weibull'] as const)('%s: samples and BIC are those of the whole samples', (name) => {
    const [one, other] = [whole, pieces].map((table) => fitModel(name, table).fit);
    expect([one.samples, other.samples, other.rows, other.events]).toEqual([228, 228, 568, 165]);
    expect(other.bic).toBeCloseTo(one.bic, 8);
    const counted = Math.log(name === 'cox' ? 165 : 228);
    expect(other.bic).toBeCloseTo(-2 * other.logLikelihood + other.estimates.length * counted, 8);
    expect(other.warnings).toEqual(one.warnings);
  });

  test('rows count as samples where nothing tells that they go on from each other', () => {
    const rows = { durations: [5, 9, 5, 9], events: [0, 1, 0, 1], entry: [0, 5, 0, 5] };
    expect(sampleWeight(survivalTable(rows))).toBe(4);
    expect(sampleWeight(survivalTable({ ...rows, clusters: [1, 1, 2, 2] }))).toBe(2);
    // Another weight, or a row that failed, is not gone on from.
    expect(sampleWeight(survivalTable({ ...rows, clusters: [1, 1, 2, 2], weights: [3, 3, 1, 2] }))).toBe(6);
    expect(sampleWeight(survivalTable({ ...rows, events: [1, 1, 0, 1], clusters: [1, 1, 2, 2] }))).toBe(3);
  });

  test('cut times that differ by rounding still meet', () => {
    const near = survivalTable({
      durations: [0.1 + 0.2, 1, 2],
      events: [0, 1, 1],
      entry: [0, 0.3, 0],
      clusters: [1, 1, 2],
    });
    expect(Array.from(wholeSamples(near).table.lower)).toEqual([1, 2]);
  });
});

describe('late entry that no row explains', () => {
  const columns = { durations: [1, 2, 3, 4], events: [0, 1, 1, 0], covariates: { x: [1, 1, 0, 2] } };
  const reasonOf = (more: object) => {
    const table = survivalTable({ ...columns, ...more });
    const { noScores, ...rest } = performance(fitModel('cox', table), table, 2);
    if (noScores !== null) expect(rest).toMatchObject({ brier: null, integratedBrier: null, unoConcordance: null });
    return noScores;
  };

  test.each([
    ['no cluster', { entry: [0, 1, 0, 0] }],
    ['a gap', { entry: [0, 1.5, 0, 0], clusters: [1, 1, 2, 3] }],
    ['a row that begins before the last ends', { entry: [0, 0.5, 0, 0], clusters: [1, 1, 2, 3] }],
    ['two beginnings in the cluster', { entry: [0, 1, 0, 0], clusters: [1, 1, 1, 3] }],
    ['no beginning in the cluster', { entry: [0, 1, 0, 0], clusters: [1, 2, 3, 4] }],
    ['other weights', { entry: [0, 1, 0, 0], clusters: [1, 1, 2, 3], weights: [1, 2, 1, 1] }],
  ])('%s: no scores, and why', (_, more) => {
    expect(reasonOf(more)).toMatch(/^row 2 entered late, at [\d.]+, and continues no other row of its cluster/);
  });

  test('a failure that is followed by another row', () => {
    expect(reasonOf({ events: [1, 1, 1, 0], entry: [0, 1, 0, 0], clusters: [1, 1, 2, 3] })).toMatch(
      /row 2 entered late/,
    );
  });

  test('covariates that change on the way: no scores, and why', () => {
    const reason = reasonOf({ entry: [0, 1, 0, 0], clusters: [1, 1, 2, 3], covariates: { x: [1, 5, 0, 2] } });
    expect(reason).toMatch(/^the sample of row 1 changes its covariates on the way/);
  });

  test('rows of one cluster that all begin at 0 are samples of their own', () => {
    const table = survivalTable({ ...columns, clusters: [1, 1, 1, 2] });
    expect(wholeSamples(table).table).toBe(table);
  });
});
