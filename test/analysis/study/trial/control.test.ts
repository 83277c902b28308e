import { expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import { describeTrial, labelsOf } from '../../../../src/analysis/study/trial/label.ts';
import type { AttackTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';

/** The fake study with these attacks, and controls. */
const textOf = (attacks: readonly string[], more = '') =>
  fakeStudyText
    .replace('control: false\n', '')
    .replace(/attacks:\n( .*\n)+/, `attacks:\n${attacks.map((line) => `  - ${line}\n`).join('')}${more}`);

const studyOf = (...given: Parameters<typeof textOf>) => parseStudy(textOf(...given), 'x').study;

const attacksOf = (...given: Parameters<typeof studyOf>) =>
  expand(studyOf(...given)).filter((trial): trial is AttackTrial => trial.kind === 'attack');

/** Attacks and controls on the first of the 6 targets. */
const onFirst = (trials: readonly AttackTrial[]) => trials.slice(0, trials.length / 6);

test('attacks of one ball have one control, after all attacks on their target, on as many images and within their budget', () => {
  const trials = attacksOf(
    ['{ name: fgm, eps: [0.1, 0.2] }', '{ name: pgd, eps: 0.1 }', '{ name: pgd, norm: 2, eps: 0.1 }'],
    'samples: 20\nbudget: { max_queries: 5 }\n',
  );
  const shared = { samples: 20, budget: { maxQueries: 5 }, seed: 0 };
  expect(
    onFirst(trials).map(({ attack, samples, budget, seed, control }) => [attack, { samples, budget, seed }, control]),
  ).toEqual([
    ...onFirst(trials)
      .slice(0, 4)
      .map(({ attack }) => [attack, shared, undefined]),
    ...[
      ['inf', 0.1],
      ['inf', 0.2],
      ['2', 0.1],
    ].map(([norm, eps]) => [{ name: 'random-noise', norm, eps, maxIter: 10 }, shared, true]),
  ]);
});

test('grey levels are a ball in L∞; attacks without a radius, and those that count pixels, have no control', () => {
  const trials = onFirst(
    attacksOf([
      '{ name: threshold, th: 51 }',
      '{ name: pixel, th: 5 }',
      '{ name: deepfool }',
      '{ name: hopskipjump }',
      '{ name: hopskipjump, norm: 2, eps: 1 }',
    ]),
  );
  const controls = trials.filter(({ control }) => control);
  expect(controls.map(({ attack }) => [attack.norm, attack.eps])).toEqual([
    ['inf', 51 / 255],
    ['2', 1],
  ]);
});

test('noise that the study lists is not given again, at another number of points neither', () => {
  const listed = onFirst(
    attacksOf(['{ name: pgd, eps: [0.1, 0.2] }', '{ name: random-noise, eps: 0.1, max_iter: 3 }']),
  );
  expect(listed.map(({ attack, control }) => [attack.name, attack.eps, control])).toEqual([
    ['pgd', 0.1, undefined],
    ['pgd', 0.2, undefined],
    ['random-noise', 0.1, undefined],
    ['random-noise', 0.2, true],
  ]);
});

test('a control is the trial that the same noise is as an attack, and changes no identity of others', async () => {
  const idsOf = async (...given: Parameters<typeof studyOf>) =>
    (await planTrials(studyOf(...given))).map(({ id }) => id);
  const pgd = '{ name: pgd, eps: 0.1 }';
  const withControl = await idsOf([pgd]);
  expect([...withControl].sort()).toEqual((await idsOf([pgd, '{ name: random-noise, eps: 0.1 }'])).sort());
  const without = await idsOf([pgd], 'control: false\n');
  expect(withControl.filter((id) => !without.includes(id))).toHaveLength(6);
  expect(without.filter((id) => !withControl.includes(id))).toEqual([]);
});

test('draws of a random defence are as many as those of the attack', () => {
  const random = textOf(['{ name: pgd, eps: 0.1, expectation_samples: 5 }']).replace(
    '{ name: none }',
    '{ name: gaussian-noise, scale: 0.1 }',
  );
  const trials = expand(parseStudy(random, 'x').study).filter((trial): trial is AttackTrial => trial.kind === 'attack');
  const draws = trials
    .filter(({ control }) => control)
    .map(({ defence, attack }) => [defence.name, attack.expectationSamples]);
  expect(new Set(draws.map(String))).toEqual(
    new Set(['gaussian-noise,5', 'gaussian-augmentation,', 'feature-squeezing,']),
  );
});

test('a control says that it is one', () => {
  const study = studyOf(['{ name: pgd, norm: 2, eps: 0.1 }']);
  expect(describeTrial(expand(study).at(-1)!, labelsOf(study))).toBe(
    'control by random-noise, norm 2 eps 0.1 on ResNet-34, feature-squeezing',
  );
});
