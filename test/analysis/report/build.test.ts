import { expect, test } from 'vitest';
import { buildReport } from '../../../src/analysis/report/build.ts';
import { reportTables } from '../../../src/analysis/report/csv.ts';
import { atRisk } from '../../../src/analysis/report/lines/kaplanMeier.ts';
import { renderReport } from '../../../src/analysis/report/page/render.ts';
import { verdictSentence } from '../../../src/analysis/report/page/verdict.ts';
import type { Report } from '../../../src/analysis/report/report.ts';
import type { AttackRecord } from '../../../src/analysis/robustness/attacks/run/record.ts';
import { parseStudy } from '../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../src/analysis/study/run/run.ts';
import type { AttackResult, FinishedTrial, TrialResult } from '../../../src/analysis/study/trial/trial.ts';
import { InputError } from '../../../src/base/errors.ts';
import { fakeAdapter, fakeResult, fakeStudyText, fakeTrials } from '../../support/fakeTrials.ts';
import { ORIGIN, reportOf } from '../../support/reportOf.ts';

const fake = parseStudy(fakeStudyText, 'fake.yaml').study;

/** A study of one cell: one model, one defence, one attack, one strength. */
function single(survival: string, more = '') {
  return parseStudy(
    `name: one
data: { name: mnist, train: 100, test: 1000 }
models: { depth: 18 }
training: { epochs: 3, batch_size: 10, learning_rate: 0.1 }
control: false
attacks: [{ name: pgd, eps: 0.1 }]
survival: ${survival}
${more}`,
    'one.yaml',
  ).study;
}

/** A sample that took `cost` units by every clock. */
function record(sample: number, cost: number, success: boolean, misclassifiedBefore = false): AttackRecord {
  return {
    sample,
    label: 0,
    misclassifiedBefore,
    success,
    successAfterRounding: success,
    firstStep: success ? 1 : null,
    cost: { seconds: cost, queries: cost, gradients: cost, flops: cost },
    distances: { l0: 0, l1: 0, l2: 0, linf: 0 },
  };
}

/** The report of a one-cell study whose attack had these records. */
async function singleReport(study: ReturnType<typeof single>, records: readonly AttackRecord[]): Promise<Report> {
  const planned = await planTrials(study);
  const finished = planned.map(({ id, trial }): FinishedTrial => {
    const result = fakeResult(trial);
    const own = result.kind === 'train' ? { ...result, trainSeconds: 50, trainFlops: 2000 } : { ...result, records };
    return { id, trial, result: own as AttackResult, adapter: fakeAdapter, finishedAt: '2025-01-01T00:00:00.000Z' };
  });
  return reportOf(finished, study);
}

// Failures at 1, 2, 2 and 5, censored at 3 and 6; two more were wrong before.
const RECORDS = [
  record(0, 1, true),
  record(1, 2, true),
  record(2, 2, true),
  record(3, 3, false),
  record(4, 5, true),
  record(5, 6, false),
  record(6, 0, false, true),
  record(7, 0, false, true),
];

test('Kaplan-Meier by hand: 5/6, then 3/5 of it, then 1/2 of it', async () => {
  const { kaplanMeier, survival } = await singleReport(single('{ clock: seconds }'), RECORDS);
  expect(kaplanMeier).toHaveLength(1);
  const [curve] = kaplanMeier;
  expect(curve).toMatchObject({
    model: 'ResNet-18',
    defence: 'none',
    attack: 'pgd',
    samples: 6,
    failures: 4,
    median: 3.5,
  });
  const expected = [5 / 6, 5 / 6 - 1 / 3, 1 / 2, 1 / 4, 1 / 4];
  expect(curve.steps.map(({ time }) => time)).toEqual([1, 2, 3, 5, 6]);
  // Products of a few fractions: within a few units in the last place.
  for (const [k, step] of curve.steps.entries()) expect(step.survival).toBeCloseTo(expected[k], 14);
  expect(curve.steps.map((step) => [step.atRisk, step.events, step.censored])).toEqual([
    [6, 1, 0],
    [5, 2, 0],
    [3, 0, 1],
    [2, 1, 0],
    [1, 0, 1],
  ]);
  expect([0, 1, 1.5, 5, 5.5, 7].map((time) => atRisk(curve, time))).toEqual([6, 6, 5, 2, 1, 0]);
  expect(survival).toMatchObject({ rows: 6, events: 4, misclassifiedBefore: 2 });
});

/** Twelve images: RECORDS and six more, so that there are enough for an interval. */
const TWELVE = [...RECORDS, ...[1, 2, 3, 4, 4, 5].map((cost, k) => record(8 + k, cost, true))];

test.each([
  // clock, cost of training on one of the 100 images: 50 s / 100, 3 epochs, 2000 flop / 100
  ['seconds', 0.5],
  ['queries', 3],
  ['flops', 20],
] as const)('TRASH by %s by hand: an unbroken image stands to the horizon', async (clock, cost) => {
  const { trash, survival } = await singleReport(single(`{ model: exponential, clock: ${clock} }`), TWELVE);
  expect(trash).toHaveLength(1);
  // Broken at 1, 2, 2, 5, 1, 2, 3, 4, 4, 5; two unbroken, which count 6, the longest that the attack went on.
  const mean = (1 + 2 + 2 + 5 + 1 + 2 + 3 + 4 + 4 + 5 + 6 + 6) / 12;
  expect(trash[0]).toMatchObject({
    model: 'ResNet-18',
    defence: 'none',
    trainCostPerSample: cost,
    horizon: 6,
    images: 12,
  });
  expect(trash[0].meanTimeToFailure!).toBeCloseTo(mean, 12);
  expect(trash[0].value!).toBeCloseTo(cost / mean, 12);
  // The limits are tested with the estimators.
  expect(trash[0].lower!).toBeLessThan(trash[0].value!);
  expect(trash[0].upper!).toBeGreaterThan(trash[0].value!);
  // With one attack, all attackers are one.
  const [{ best, envelope, pooled, attacks }] = trash[0].clocks;
  for (const figure of [envelope, pooled, attacks[0]]) expect(figure.value!).toBeCloseTo(best.value!, 12);
  // Had the two unbroken ones broken at 3 and 6, where they were given up:
  expect(best.longerBudget).toBeCloseTo(cost / (mean - 3 / 12), 12);
  // Maximum likelihood: rate = failures / total time.
  expect(survival.coefficients.map(({ name }) => name)).toEqual(['Intercept']);
  expect(survival.coefficients[0].coefficient).toBeCloseTo(-Math.log(10 / (29 + 3 + 6)), 8);
});

test('calibrated seconds take the place of the wall seconds of the run, which stay beside them', async () => {
  const study = single('{ model: exponential, clock: seconds }');
  const planned = await planTrials(study);
  const build = (change: (result: TrialResult) => TrialResult) => {
    const finished = planned.map(({ id, trial }): FinishedTrial => {
      const result = fakeResult(trial);
      const own = result.kind === 'train' ? { ...result, trainSeconds: 50 } : { ...result, records: TWELVE };
      return { id, trial, result: change(own), adapter: fakeAdapter, finishedAt: '2025-01-01T00:00:00.000Z' };
    });
    return buildReport(finished, study, { ...ORIGIN, planned: 2 });
  };
  const reference = [1, 1, 1, 1, 1, 1];
  // A machine in a mood of its own: twice as long for training, half as long for attacks. The interval of the batch's median runs from
  // the least of its six ratios to the largest: a factor of 1.2.
  const batch = [1 / 1.2, 1 / 1.1, 1, 1, 1.1, 1.2].map((noise) => 10 * noise);
  const calibrated = (result: TrialResult): TrialResult =>
    result.kind === 'train'
      ? {
          ...result,
          trainSteps: 10,
          calibration: { clock: 'processor', executables: { 'batch of training': { times: batch, reference } } },
        }
      : {
          ...result,
          executables: ['step'],
          records: result.records.map((each) => ({ ...each, runs: [each.cost.seconds] })),
          calibration: {
            clock: 'processor',
            executables: { step: { times: reference.map((seconds) => seconds / 2), reference } },
          },
        };
  const { report, rows } = build(calibrated);
  const plain = build((result) => result).report;
  const [line, before] = [report.trash[0], plain.trash[0]];
  expect(line.clocks[0]).toMatchObject({ calibrated: true, toldBy: 'processor' });
  expect(before.clocks[0]).toMatchObject({ calibrated: false, toldBy: 'wall' });
  expect(line.value! / before.value!).toBeCloseTo(4, 12);
  expect(line.clocks[0].knownTo).toBeCloseTo(1.2, 5);
  expect(before.clocks[0].knownTo).toBe(1);
  expect(line.upper! / line.value!).toBeGreaterThan(before.upper! / before.value!);
  expect(rows.map(({ cost, wallSeconds }) => cost.seconds / wallSeconds)).toEqual(Array(12).fill(0.5));
  expect(report.warnings.join()).not.toContain('wall seconds');
  expect(report.warnings.join()).toContain(
    'too busy to tell seconds well: calibration leaves a score by seconds uncertain by a factor of 1.20',
  );
  // One trial without counts, and all are the run's own.
  const partial = build((result) => (result.kind === 'train' ? result : calibrated(result))).report;
  expect(partial.trash).toEqual(plain.trash);
});

test("encoded as in the paper: all attacked samples have their run's mean time, as `paperEncoding` makes of its accuracy", async () => {
  const { study } = parseStudy(
    fakeStudyText.replace('clock: seconds', 'clock: seconds, encoding: paper'),
    'paper.yaml',
  );
  const trials = await fakeTrials(study);
  const { survival, trash } = reportOf(trials, study);
  expect(survival).toMatchObject({ encoding: 'paper', rows: 48 * 100 });
  expect(survival.fit!.clusters).toBe(48);
  const attacks = trials.flatMap(({ result }) => (result.kind === 'attack' ? [result] : []));
  const failures = attacks.reduce((sum, { robustAccuracy }) => sum + Math.round((1 - robustAccuracy) * 100), 0);
  expect(survival.events).toBe(failures);
  // All that is known of an image is its run, and one attack at one strength is one run: no interval.
  for (const { reading, clocks } of trash) {
    expect(reading).toBe('too few images');
    expect(clocks[0].best).toMatchObject({ kind: 'too few images', lower: null, upper: null, images: 1 });
  }
});

test('at prices, costs are seconds times the price of a second, and TRASH is multiplied by the ratio of prices', async () => {
  const plain = await singleReport(single('{ clock: queries }'), TWELVE);
  const priced = await singleReport(
    single('{ clock: queries }', 'prices: { currency: EUR, training: 7.2, attack: 1.8 }'),
    TWELVE,
  );
  const [line] = priced.trash;
  const { money, ...rest } = line;
  expect(rest).toEqual({ ...plain.trash[0], money: undefined });
  // Whatever clock leads, an hour is one of seconds: 0.5 s at 7.2 EUR an hour, and E[T] at a quarter of it.
  const { best } = line.clocks.find(({ clock }) => clock === 'seconds')!;
  expect(money!.trainingCost).toBeCloseTo(0.001, 15);
  expect(money!.breakingCost / ((best.meanCost! * 1.8) / 3600)).toBeCloseTo(1, 12);
  for (const key of ['value', 'lower', 'upper'] as const) expect(money![key]! / best[key]!).toBeCloseTo(4, 12);
  expect(money!.trainingCost / money!.breakingCostUpper!).toBeCloseTo(money!.lower!, 12);

  const [heading, cells] = reportTables(priced)['trash.csv'].trim().split('\r\n');
  const row = Object.fromEntries(heading.split(',').map((key, k) => [key, cells.split(',')[k]]));
  expect(row).toMatchObject({
    currency: 'EUR',
    trainingCost: String(money!.trainingCost),
    pricedValue: String(money!.value),
  });
  expect(plain.trash[0].money).toBeNull();
  expect(reportTables(plain)['trash.csv']).not.toContain('currency');
});

test('covariates that do not vary are left out, and the report says so', async () => {
  const { survival } = await singleReport(single('{ model: weibull }'), RECORDS);
  expect(survival.coefficients.map(({ name }) => name)).toEqual(['Intercept', 'log(scale)']);
  expect(survival.notes).toContain('eps is the same (0.1) everywhere and is no part of the survival model');
  expect(survival.notes).toContain('depth is the same (18) everywhere and is no part of the survival model');
});

test('when every sample survives there is no model, and TRASH has an upper limit only', async () => {
  const records = Array.from({ length: 20 }, (_, sample) => record(sample, 4, false));
  const { survival, trash, kaplanMeier, claims } = await singleReport(single('{ model: weibull }'), records);
  expect(survival.coefficients).toEqual([]);
  expect(survival.fit).toBeNull();
  expect(survival.notes.join()).toMatch(/no weibull model: no failure among the 20 samples/);
  // None of 20: at most 1 - 0.05^(1/20) of the images break (exact binomial), so E[T] >= 4 · 0.05^(1/20).
  const limit = 20 / (4 * 0.05 ** (1 / 20));
  expect(trash[0]).toMatchObject({ value: null, lower: null, reading: 'not broken' });
  expect(trash[0].upper!).toBeCloseTo(limit, 12);
  expect(kaplanMeier[0].fitted).toEqual([]);
  expect(verdictSentence(trash)).toBe(
    'No model here was broken, image for image, by the best single attack of this study, counted in operations (1 of 1).',
  );
  expect(claims.find(({ id }) => id === 'all-configurations-fail')!.verdict).toBe('cannot be tested');
});

test('when every sample fails at the same time there is no Weibull model, but a score whose interval has a width', async () => {
  const records = Array.from({ length: 20 }, (_, sample) => record(sample, 2, true));
  const { survival, trash } = await singleReport(single('{ model: weibull, horizon: 6 }'), records);
  expect(survival.notes.join()).toMatch(/no weibull model: durations do not vary/);
  // A share of at most 1 - 0.05^(1/20) of the images may lie elsewhere between 0 and 6.
  const share = 1 - 0.05 ** (1 / 20);
  expect(trash[0].value!).toBeCloseTo(20 / 2, 12);
  expect(trash[0].upper!).toBeCloseTo(20 / (2 * (1 - share)), 12);
  expect(trash[0].lower!).toBeCloseTo(20 / (2 + share * 4), 12);
});

test('below ten images that were right before there is neither interval nor verdict', async () => {
  const { trash, survival } = await singleReport(single('{ clock: seconds }'), RECORDS);
  expect(trash[0]).toMatchObject({ reading: 'too few images', lower: null, upper: null });
  expect(trash[0].note).toMatch(/^6 images .* below ten/);
  expect(survival.fit).not.toBeNull();
  const one = await singleReport(single('{ model: weibull }'), [record(0, 2, true)]);
  expect(one.survival.notes.join()).toMatch(/no weibull model: 1 images are too few for robust standard errors/);
});

test('ten to 29 images are warned of; 30 are not', async () => {
  const warned = async (count: number) => {
    const records = Array.from({ length: count }, (_, i) => record(i, 1 + (i % 4), true));
    const { warnings } = await singleReport(single('{ clock: flops }'), records);
    return warnings.filter((warning) => warning.includes('fewer than 30 images')).length;
  };
  expect([await warned(9), await warned(10), await warned(29), await warned(30)]).toEqual([0, 1, 1, 0]);
});

test('when every sample was wrong before, or took no time, the report says so', async () => {
  const wrong = await singleReport(single('{}'), [record(0, 0, false, true)]);
  expect(wrong.survival.notes).toContain('no sample was attacked: nothing to fit');
  expect(wrong.trash[0]).toMatchObject({
    value: null,
    reading: 'not attacked',
    note: 'no image that was right before the attacks was attacked',
  });
  const instant = await singleReport(single('{ clock: seconds }'), [...RECORDS, record(8, 0, true)]);
  expect(instant.survival.rows).toBe(6);
  expect(instant.survival.notes[2]).toBe('1 of 7 samples took no measurable time (0 seconds) and are left out');
});

test('the whole fake study: the keys of the report, and one line for each cell', async () => {
  const report = reportOf(await fakeTrials(fake), fake);
  expect(report.models).toHaveLength(2 * 3);
  expect(report.attacks).toHaveLength(2 * 3 * 2 * 4);
  expect(report.kaplanMeier).toHaveLength(2 * 3 * 2);
  expect(report.trash.map(({ model, defence }) => [model, defence])).toEqual(
    ['ResNet-18', 'ResNet-34'].flatMap((model) =>
      ['none', 'gaussian-augmentation', 'feature-squeezing'].map((defence) => [model, defence]),
    ),
  );
  for (const line of report.models) {
    expect(Object.keys(line)).toEqual(
      expect.arrayContaining(['model', 'dataset', 'precision', 'defence', 'accuracy', 'trainSeconds', 'trainSamples']),
    );
  }
  for (const line of report.attacks) {
    expect(Object.keys(line)).toEqual(
      expect.arrayContaining(['model', 'defence', 'attack', 'norm', 'eps', 'robustAccuracy', 'samples']),
    );
    // Every sample is wrong before, broken, or right after.
    expect(line.misclassifiedBefore + line.failures + Math.round(line.robustAccuracy * line.samples)).toBe(
      line.samples,
    );
  }
  expect(report.survival.coefficients.map(({ name }) => name)).toEqual([
    'Intercept',
    'eps',
    'depth',
    'attack pgd',
    'defence gaussian-augmentation',
    'defence feature-squeezing',
    'log(scale)',
  ]);
  expect(report.survival.reference).toEqual({
    data: 'mnist',
    family: 'resnet',
    precision: 'f32',
    attack: 'fgm',
    defence: 'none',
  });
  expect(report.survival.fit?.clusters).toBe(100);
  const { eps } = Object.fromEntries(report.survival.coefficients.map((line) => [line.name, line]));
  expect(eps.timeRatio?.unit).toBe(0.1);
  expect(eps.timeRatio?.value).toBeCloseTo(Math.exp(0.1 * eps.coefficient), 12);
  // JSON can hold all of it: no infinity and no NaN anywhere.
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('the fitted curves start at 1 and fall; defended images outlast undefended ones, as they were made to', async () => {
  const { kaplanMeier, survival } = reportOf(await fakeTrials(fake), fake);
  for (const { fitted } of kaplanMeier) {
    expect(fitted[0]).toEqual({ time: 0, survival: 1 });
    for (const [k, { survival }] of fitted.slice(1).entries()) expect(survival).toBeLessThan(fitted[k].survival);
  }
  const ratio = (name: string) => survival.coefficients.find((line) => line.name === name)!.timeRatio!;
  expect(ratio('defence gaussian-augmentation').lower).toBeGreaterThan(1);
  expect(ratio('eps').upper).toBeLessThan(1);
});

test('missing trials, several adapters and repeated warnings are told once', async () => {
  const all = await fakeTrials(fake);
  const other = { ...fakeAdapter, name: 'Other' };
  const part = all.slice(0, 40).map((trial, index) => (index === 39 ? { ...trial, adapter: other } : trial));
  const { warnings, trials } = reportOf(part, fake);
  expect(trials).toEqual({ finished: 40, planned: 52 });
  expect(warnings[0]).toBe('12 of 52 trials are missing; run the study again to compute them');
  expect(warnings[1]).toMatch(/^the trials ran on 2 adapters .*Other/);
  expect(warnings[2]).toMatch(
    /^\d of 36 attacks, the first of them fgm eps 0.05 on ResNet-18, feature-squeezing: 3 of 100/,
  );
  expect(warnings.slice(3).join()).toMatch(/seconds are the wall seconds of one run/);
});

test('trainings alone make a report without attacks; nothing at all makes none', async () => {
  const trainings = (await fakeTrials(fake)).slice(0, 4);
  const report = reportOf(trainings, fake);
  expect(report.models.map(({ model, defence }) => `${model} ${defence}`)).toEqual([
    'ResNet-18 none',
    'ResNet-18 gaussian-augmentation',
    'ResNet-34 none',
    'ResNet-34 gaussian-augmentation',
  ]);
  expect(report.trash).toEqual([]);
  expect(verdictSentence(report.trash)).toBe('There is no verdict: no attacked model can be scored.');
  expect(() => reportOf([], fake)).toThrow(InputError);
});

test('where scores have no interval, the verdict does not say that nothing was scored', async () => {
  // Nine images bear neither an interval nor a verdict.
  const nine = Array.from({ length: 9 }, (_, k) => record(k, 1 + k, true));
  const { trash } = await singleReport(single('{ model: exponential }'), nine);
  expect(trash[0]).toMatchObject({ reading: 'too few images', value: expect.any(Number), lower: null });
  expect(verdictSentence(trash)).toBe(
    'There is no verdict: no score has an interval, and without one it decides nothing.',
  );
});

test('a claim that rests on one pair says so', async () => {
  const { study } = parseStudy(
    fakeStudyText.replace(/defences:[\s\S]*?attacks:/, 'defences: [{ name: none }]\nattacks:'),
    'pair.yaml',
  );
  const { claims } = reportOf(await fakeTrials(study), study);
  const names = claims.flatMap(({ parts }) => parts.map(({ name }) => name));
  expect(names).toContain('ResNet-34 (1 pair)');
  expect(names.join()).not.toContain('1 pairs');
});

test('several seeds: one line each, one TRASH together, clusters kept apart', async () => {
  const { study } = parseStudy(`${fakeStudyText}seeds: [0, 1]\n`, 'seeds.yaml');
  const report = reportOf(await fakeTrials(study), study);
  expect(report.models).toHaveLength(2 * 2 * 3);
  expect(report.trash).toHaveLength(2 * 3);
  expect(report.survival.fit?.clusters).toBe(200);
});

test('seeds that attacked the same test images: an image is one cluster, whatever the seed', async () => {
  const { study } = parseStudy(`${fakeStudyText}seeds: [0, 1]\n`, 'seeds.yaml');
  // Both seeds choose 100 images, and have 50 to 99 in common.
  const told = (await fakeTrials(study)).map(({ result, ...finished }): FinishedTrial => {
    const first = finished.trial.seed === 0 ? 0 : 50;
    const images = Array.from({ length: 100 }, (_, i) => first + i);
    return { ...finished, result: result.kind === 'train' ? result : { ...result, images } };
  });
  const report = reportOf(told, study);
  expect(report.survival.fit?.clusters).toBe(150);
  for (const { images } of report.trash) {
    expect(images).toBeGreaterThan(100);
    expect(images).toBeLessThanOrEqual(150);
  }
});

test('attacks without eps: their dummies hold their levels, and the strengths of the others are told as they are', async () => {
  const attacks = ['fgm, eps: [0.05, 0.1, 0.2]', 'deepfool', 'pixel, th: [1, 16]', 'threshold, th: 51'];
  const text = fakeStudyText.replace(
    /attacks:.*$/s,
    `attacks:\n${attacks.map((a) => `  - { name: ${a} }\n`).join('')}`,
  );
  const { study } = parseStudy(text, 'mixed.yaml');
  const finished = await fakeTrials(study);
  const report = reportOf(finished, study);
  expect(report.attacks.slice(0, 7).map(({ attack, norm, eps, pixels }) => [attack, norm, eps, pixels])).toEqual([
    ['fgm', 'inf', 0.05, null],
    ['fgm', 'inf', 0.1, null],
    ['fgm', 'inf', 0.2, null],
    ['deepfool', '2', null, null],
    ['pixel', '0', null, 1],
    ['pixel', '0', null, 16],
    // 51 of 255 grey levels.
    ['threshold', 'inf', 0.2, null],
  ]);
  const names = report.survival.coefficients.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['eps', 'pixels', 'attack deepfool', 'attack pixel']));
  expect(report.survival.fit).not.toBeNull();
  const page = renderReport(report);
  expect(page).toContain('DeepFool: no limit to how far an image may change');
  expect(page).toContain('Changed pixels →');
  const lines = reportTables(report)['accuracy.csv'].split('\r\n');
  expect(lines).toContainEqual(expect.stringMatching(/^ResNet-18,none,pixel,16,/));
});

test('strengths that differ between attacks only cannot be told from the attacks', async () => {
  const text = fakeStudyText.replace(/attacks:.*$/s, 'attacks: [{ name: fgm, eps: 0.2 }, { name: pgd, eps: 0.1 }]');
  const { study } = parseStudy(text, 'x');
  const { survival } = reportOf(await fakeTrials(study), study);
  expect(survival.coefficients.map(({ name }) => name)).not.toContain('eps');
  expect(survival.notes).toContain('eps is the same within each attack and is no part of the survival model');
});

test('signs that robustness is overstated are told among the warnings', async () => {
  const text = fakeStudyText.replace(
    /attacks:.*$/s,
    'attacks: [{ name: pgd, eps: 0.05 }, { name: square, eps: 0.05, max_iter: 9 }]',
  );
  const { study } = parseStudy(text, 'x');
  const finished = (await fakeTrials(study)).map((each) =>
    each.trial.kind === 'attack' && each.trial.attack.name === 'square'
      ? { ...each, result: { ...(each.result as AttackResult), robustAccuracy: 0 } }
      : each,
  );
  const told = reportOf(finished, study).warnings.find((warning) => warning.includes('square without gradients'));
  expect(told).toMatch(
    /^Black-box attacks are better .*: ResNet-18, none, seed 0: at eps 0.05 in Linf, .* probably masked \(and 5 more like it\)$/,
  );
});
