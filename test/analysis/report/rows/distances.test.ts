import { expect, test } from 'vitest';
import { buildReport } from '../../../../src/analysis/report/build.ts';
import { distanceTableCsv, reportTables } from '../../../../src/analysis/report/csv.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import type { AttackRecord } from '../../../../src/analysis/robustness/attacks/run/record.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import type { AttackResult, FinishedTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeAdapter, fakeResult, fakeTrials } from '../../../support/fakeTrials.ts';
import { ORIGIN, reportOf } from '../../../support/reportOf.ts';

const text = (attacks: string, survival = '{ model: weibull, clock: distance }') => `name: far
data: { name: mnist, train: 100, test: 1000 }
models: { depth: 18 }
training: { epochs: 3, batch_size: 10, learning_rate: 0.1 }
control: false
attacks: ${attacks}
samples: 20
survival: ${survival}
`;

const read = (attacks: string) => parseStudy(text(attacks), 'far.yaml').study;

/** The distance at which an image broke, in every norm; null where it did not, 'wrong' where it was wrong before. */
type Found = number | null | 'wrong';

const record = (found: Found, sample: number): AttackRecord => {
  const distance = typeof found === 'number' ? found : 0;
  return {
    ...{ sample, label: 0, misclassifiedBefore: found === 'wrong' },
    ...{ success: typeof found === 'number', successAfterRounding: typeof found === 'number', firstStep: null },
    cost: { seconds: 1, queries: 1, gradients: 1, flops: 1 },
    distances: { l0: distance, l1: distance, l2: distance, linf: distance },
  };
};

/** The report of a study of one model. @param found what each attack at each strength, in the order of the study, did to each image */
async function built(study: ReturnType<typeof read>, found: readonly (readonly Found[])[]) {
  const planned = await planTrials(study);
  let next = 0;
  const finished = planned.map(({ id, trial }): FinishedTrial => {
    const result = fakeResult(trial);
    const own = result.kind === 'train' ? result : { ...result, records: found[next++].map(record) };
    return { id, trial, result: own as AttackResult, adapter: fakeAdapter, finishedAt: '2025-01-01T00:00:00.000Z' };
  });
  return buildReport(finished, study, { ...ORIGIN, planned: planned.length });
}

test('strengths bracket the distance, and an attack of minimal norm tells it', async () => {
  const study = read('[{ name: pgd, eps: [0.1, 0.2, 0.4] }, { name: deepfool }]');
  const { distances } = await built(study, [
    // Image by image: at 0.2; never; at once; nearer at a larger strength; lost in between; wrong before.
    [null, null, 0.1, 0.1, 0.1, 'wrong'],
    // What float32 made of 0.2 is 0.2.
    [0.19999999, null, 0.2, 0.2, null, 'wrong'],
    [0.4, null, 0.4, 0.05, 0.4, 'wrong'],
    [0.3, null, 0.7, null, 0.2, 0.5],
  ]);
  const intervals = (norm: string) =>
    distances.filter(({ condition }) => condition.norm === norm).map(({ lower, upper }) => [lower, upper]);
  expect(intervals('inf')).toEqual([
    [0.1, 0.2],
    [0.4, Infinity],
    [0, 0.1],
    [0, 0.05],
    [0, 0.1],
  ]);
  expect(intervals('2')).toEqual([
    [0.3, 0.3],
    [0.7, Infinity],
    [0.7, 0.7],
    [0.7, Infinity],
    [0.2, 0.2],
    [0.5, 0.5],
  ]);
  expect(distances.every(({ condition: { eps } }) => eps === null)).toBe(true);
  expect(distanceTableCsv(distances).split('\r\n')[2]).toMatch(/,pgd,inf,0,1,\S+,0\.4,$/);
});

test('optimality is of the smallest distances, images that were wrong before lying at 0', async () => {
  const study = read('[{ name: pgd, eps: [0.1, 0.3] }, { name: bim, eps: [0.1, 0.5] }]');
  // Distances of pgd 0.1, 0.3, none, wrong; of bim 0.1, 0.5, 0.5, wrong: the best are 0.1, 0.3, 0.5, 0.
  const { report } = await built(study, [
    [0.1, null, null, 'wrong'],
    [0.3, 0.3, null, 'wrong'],
    [0.1, null, null, 'wrong'],
    [0.5, 0.5, 0.5, 'wrong'],
  ]);
  const [{ optimality }] = report.distances;
  // Areas to 0.5 of 3/4, 1/2, 1/4: best 0.075 + 0.1 + 0.05; pgd keeps 1/4 to the end as well; bim 0.075 + 0.2.
  const room = 0.75 * 0.5 - 0.225;
  expect(optimality.map(({ attack, models }) => [attack, models])).toEqual([
    ['pgd', 1],
    ['bim', 1],
  ]);
  expect(optimality[0].mean).toBeCloseTo((0.75 * 0.5 - 0.225) / room, 12);
  expect(optimality[1].mean).toBeCloseTo((0.75 * 0.5 - 0.275) / room, 12);
});

test('on a grid the curve is the accuracy under attack at each strength, with a cost beside it', async () => {
  // Of 20 images 4 break at 0.1, 6 more at 0.2, 10 never: 80 % are right at 0.1 and 50 % at 0.2.
  const study = read('[{ name: pgd, eps: [0.1, 0.2] }]');
  const at = (eps: number, broken: number) => Array.from({ length: 20 }, (_, i) => (i < broken ? eps : null));
  const { report } = await built(study, [at(0.1, 4), at(0.2, 10)]);
  const [{ norm, curves, survival }] = report.distances;
  expect([norm, survival.rows, survival.events]).toEqual(['inf', 20, 10]);
  const [{ cost, distance }] = curves;
  expect(cost.samples).toBe(40);
  expect(distance.steps.map(({ time }) => time)).toEqual([0.1, 0.2]);
  [0.8, 0.5].forEach((share, k) => {
    expect(distance.steps[k].survival).toBeCloseTo(share, 8);
  });
  expect(distance.steps.map(({ atRisk, events, censored }) => [atRisk, events, censored])).toEqual([
    [20, 4, 0],
    [16, 6, 10],
  ]);
  expect(distance.median).toBe(0.2);
  expect(report.survival.clock).toBe('flops');
});

test('a report with both clocks has its model, its tables and its place on the page', async () => {
  const study = parseStudy(
    `name: far
data: { name: mnist, train: 6000, test: 10000 }
models: { depth: 18, width: 16 }
training: { epochs: 4, batch_size: 64, learning_rate: 0.05 }
defences: [{ name: none }, { name: feature-squeezing, bit_depth: 4 }]
control: false
attacks: [{ name: pgd, eps: [0.05, 0.1, 0.2, 0.3] }]
survival: { model: weibull, clock: distance }
`,
    'far.yaml',
  ).study;
  const report = reportOf(await fakeTrials(study), study);
  const [{ survival, curves }] = report.distances;
  expect(curves.map(({ factor, level }) => [factor, level])).toEqual([
    [null, 'all'],
    ['defence', 'none'],
    ['defence', 'feature-squeezing'],
  ]);
  // The fake defence lets images hold out longer.
  const squeezed = survival.coefficients.find(({ name }) => name === 'defence feature-squeezing');
  expect(squeezed?.timeRatio?.lower).toBeGreaterThan(1);
  expect(Object.keys(reportTables(report))).toContain('distance-curves.csv');
  const page = renderReport(report);
  expect(page).toContain('What an image costs to break, and how far it must move');
  expect(page).toContain('images must move twice as far');
});

test('the paper’s encoding knows no distances', () => {
  expect(() =>
    parseStudy(text('[{ name: pgd, eps: 0.1 }]', '{ clock: distance, encoding: paper }'), 'far.yaml'),
  ).toThrow(/far\.yaml:8:\d+: survival\.clock: distance is of each image, and encoding paper knows runs only/);
});
