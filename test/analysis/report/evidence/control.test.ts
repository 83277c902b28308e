import { beforeAll, expect, test } from 'vitest';
import type { ControlLine } from '../../../../src/analysis/report/evidence/control.ts';
import { renderReport } from '../../../../src/analysis/report/page/render.ts';
import type { Report } from '../../../../src/analysis/report/report.ts';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import type { Study } from '../../../../src/analysis/study/file/schema.ts';
import type { AttackResult, FinishedTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeStudyText, fakeTrials } from '../../../support/fakeTrials.ts';
import { reportOf } from '../../../support/reportOf.ts';

/*
 * Records made by hand. Limits of Clopper and Pearson for 8 of 20, 16 of 20 and 0 of 20, and tails of the binomial: SciPy
 * 1.17.1, binomtest(8, 20).proportion_ci(method="exact") and binomtest(8, 8, 0.5, alternative="greater"), and so on.
 */

const textOf = (attacks: string) =>
  fakeStudyText.replace('control: false\n', '').replace(/attacks:\n( .*\n)+/, `attacks:\n${attacks}samples: 20\n`);
const study = parseStudy(textOf('  - { name: pgd, eps: [0.1, 0.2, 0.3, 0.5] }\n  - { name: deepfool }\n'), 'x').study;

/** Which of the 20 images each attack and its control break, by eps. */
const BROKEN: Readonly<Record<number, readonly [attack: (i: number) => boolean, noise: (i: number) => boolean]>> = {
  0.1: [(i) => i < 12, (i) => i < 4],
  0.2: [(i) => i < 4, (i) => i >= 15 && i < 19],
  0.3: [(i) => i < 2, (i) => i > 18],
  0.5: [() => true, () => true],
};

function made(finished: FinishedTrial): FinishedTrial {
  const { trial } = finished;
  if (trial.kind !== 'attack') return finished;
  const result = finished.result as AttackResult;
  const { eps = 0.1, name } = trial.attack;
  const isBroken = BROKEN[eps][name === 'random-noise' ? 1 : 0];
  const records = result.records.map((record, i) => ({ ...record, misclassifiedBefore: false, success: isBroken(i) }));
  return { ...finished, result: { ...result, records } };
}

let finished: readonly FinishedTrial[];
let report: Report;
let lines: readonly ControlLine[];
beforeAll(async () => {
  finished = (await fakeTrials(study)).map(made);
  report = reportOf(finished, study);
  lines = report.controls.filter(({ model, defence }) => model === 'ResNet-18' && defence === 'none');
});

test('accuracies with limits, and the sign test on images that one of the two alone broke', () => {
  expect(lines.map(({ attack, eps }) => [attack, eps])).toEqual([
    ['pgd', 0.1],
    ['pgd', 0.2],
    ['pgd', 0.3],
    ['pgd', 0.5],
  ]);
  const [first, second, third, last] = lines;
  expect(first).toMatchObject({ norm: 'inf', samples: 20, onlyAttack: 8, onlyNoise: 0, reading: 'better' });
  expect(first.underAttack.value).toBeCloseTo(0.4, 12);
  expect(first.underAttack.lower).toBeCloseTo(0.1911901, 6);
  expect(first.underAttack.upper).toBeCloseTo(0.6394574, 6);
  expect(first.underNoise.lower).toBeCloseTo(0.563386, 6);
  expect(first.underNoise.upper).toBeCloseTo(0.942666, 6);
  // All 8 are the attack's: 2^-8.
  expect(first.p).toBeCloseTo(0.00390625, 12);
  // 4 and 4: P(X >= 4) of 8 is (256 + 70) / 512.
  expect(second).toMatchObject({ onlyAttack: 4, onlyNoise: 4, reading: 'no better' });
  expect(second.p).toBeCloseTo(0.63671875, 12);
  // 2 and 1: P(X >= 2) of 3.
  expect(third).toMatchObject({ onlyAttack: 2, onlyNoise: 1, reading: 'undecided' });
  expect(third.p).toBeCloseTo(0.5, 12);
  expect(last).toMatchObject({ reading: 'nothing left', p: 1 });
  expect(last.underNoise.upper).toBeCloseTo(0.1684335, 6);
});

test('the report says where an attack is no better than noise, and which attacks have no control', () => {
  expect(report.warnings.filter((warning) => warning.startsWith('no better than random noise'))).toEqual([
    'no better than random noise: pgd on ResNet-18, none, at eps 0.2 in Linf breaks 4 images that noise leaves, against 4 that noise alone breaks; it is too weak, or there is nothing so near to find (and 5 more of 24 comparisons)',
  ]);
  const page = renderReport(report);
  expect(page).toContain(
    'Of 24 attacks: 6 better than noise, 6 undecided, 6 no better than noise, 6 noise breaks all.',
  );
  expect(page).toContain('6 have no such control');
});

test('controls are no attacks: survival, TRASH, accuracy and claims do not know them', () => {
  const attacksAlone = finished.filter(({ trial }) => trial.kind === 'train' || trial.control !== true);
  const without = reportOf(attacksAlone, { ...study, control: false } as Study);
  const told = ({ controls: _, masking: __, warnings: ___, trials: ____, finishedAt: _____, ...rest }: Report) => rest;
  expect(told(report)).toEqual(told(without));
  expect(without.controls).toEqual([]);
  expect(without.masking[3].compared).toBe(0);
  expect(report.masking[3]).toMatchObject({ name: 'Random sampling finds adversarial examples', compared: 24 });
});
