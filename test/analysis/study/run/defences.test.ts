import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import { labelsOf } from '../../../../src/analysis/study/trial/label.ts';
import type { AttackTrial } from '../../../../src/analysis/study/trial/trial.ts';

const text = (defences: string, attacks = '{name: fgm, eps: 0.1}') => `
name: defences
data: {name: mnist}
models: {depth: 18}
training: {epochs: 1, batch_size: 32, learning_rate: 0.1}
defences: [${defences}]
control: false
attacks: [${attacks}]
`;
const studyOf = (...parts: Parameters<typeof text>) => parseStudy(text(...parts), 'study.yaml').study;
const attacksOf = (...parts: Parameters<typeof text>) =>
  expand(studyOf(...parts)).filter((trial): trial is AttackTrial => trial.kind === 'attack');

test('each defence is crossed over its axes, with its defaults', () => {
  const study = studyOf(
    `{name: label-smoothing, alpha: [0.1, 0.2]}, {name: jpeg-compression, quality: [50, 75]},
    {name: total-variance-minimisation, lamb: [0.03, 0.1]}, {name: randomised-smoothing, sigma: [0.25, 0.5], n: 200}`,
  );
  const smoothing = { name: 'randomised-smoothing', copies: 10, augmentation: true, n0: 100, n: 200, alpha: 0.001 };
  const variance = { name: 'total-variance-minimisation', prob: 0.3, norm: 2, maxIter: 30 };
  expect(study.defences).toEqual([
    { name: 'label-smoothing', alpha: 0.1 },
    { name: 'label-smoothing', alpha: 0.2 },
    { name: 'jpeg-compression', quality: 50 },
    { name: 'jpeg-compression', quality: 75 },
    { ...variance, lamb: 0.03 },
    { ...variance, lamb: 0.1 },
    { ...smoothing, sigma: 0.25 },
    { ...smoothing, sigma: 0.5 },
  ]);
  expect(study.defences.map(labelsOf(study).defence)).toEqual([
    'label-smoothing, alpha 0.1',
    'label-smoothing, alpha 0.2',
    'jpeg-compression, quality 50',
    'jpeg-compression, quality 75',
    'total-variance-minimisation, lamb 0.03',
    'total-variance-minimisation, lamb 0.1',
    'randomised-smoothing, sigma 0.25',
    'randomised-smoothing, sigma 0.5',
  ]);
});

test('which model each defence is attacked on', () => {
  const trained = attacksOf(
    `{name: label-smoothing, alpha: 0.1}, {name: jpeg-compression, quality: 50}, {name: total-variance-minimisation},
    {name: randomised-smoothing, sigma: 0.25}, {name: randomised-smoothing, sigma: 0.25, augmentation: false}`,
  ).map(({ train }) => train.defence);
  expect(trained).toEqual([
    { name: 'label-smoothing', alpha: 0.1 },
    { name: 'none' },
    { name: 'none' },
    { name: 'gaussian-augmentation', sigma: 0.25, ratio: 1 },
    { name: 'none' },
  ]);
});

test('several draws are another attack on a defence that is random, and the same on one that is not', () => {
  const trials = attacksOf(
    '{name: none}, {name: gaussian-noise, scale: 0.1}',
    '{name: fgm, eps: 0.1}, {name: fgm, eps: 0.1, expectation_samples: 16}',
  );
  expect(trials.map(({ defence, attack }) => [defence.name, attack.expectationSamples])).toEqual([
    ['none', undefined],
    ['gaussian-noise', undefined],
    ['gaussian-noise', 16],
  ]);
  const study = studyOf('{name: none}', '{name: fgm, eps: 0.1}, {name: fgm, eps: 0.1, expectation_samples: 16}');
  expect(study.attacks.map(labelsOf(study).attack)).toEqual([
    'fgm, expectation_samples 1',
    'fgm, expectation_samples 16',
  ]);
});

describe('refuses', () => {
  test.each([
    ['{name: label-smoothing, alpha: 1}', undefined, /alpha/],
    ['{name: jpeg-compression, quality: 0}', undefined, /quality/],
    ['{name: total-variance-minimisation, norm: 3}', undefined, /norm/],
    ['{name: randomised-smoothing}', undefined, /sigma/],
    ['{name: randomised-smoothing, sigma: 0.25, copies: 0}', undefined, /copies/],
    ['{name: none}', '{name: fgm, eps: 0.1, expectation_samples: 0}', /expectation_samples/],
  ])('%s, %s', (defences, attacks, message) => {
    expect(() => studyOf(defences, attacks)).toThrow(message);
    try {
      studyOf(defences, attacks);
    } catch (error) {
      expect((error as Error).message.split('\n')).toHaveLength(1);
    }
  });
});
