import { expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import { describeTrial, labelsOf } from '../../../../src/analysis/study/trial/label.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';

test('a name carries only the parameters that tell it from its namesakes', () => {
  const text = fakeStudyText
    .replace('width: 16', 'width: [8, 16]')
    .replace('bit_depth: 4', 'bit_depth: [2, 4]')
    .replace('{ name: pgd,', '{ name: pgd, norm: 2, eps: 1, max_iter: 20 }\n  - { name: pgd,');
  const { study } = parseStudy(text, 'x');
  const labels = labelsOf(study);
  expect(study.models.map(labels.model)).toEqual([
    'ResNet-18, width 8',
    'ResNet-34, width 8',
    'ResNet-18, width 16',
    'ResNet-34, width 16',
  ]);
  expect(study.defences.map(labels.defence)).toEqual([
    'none',
    'gaussian-augmentation',
    'feature-squeezing, bit_depth 2',
    'feature-squeezing, bit_depth 4',
  ]);
  expect([...new Set(study.attacks.map(labels.attack))]).toEqual([
    'fgm',
    'pgd, norm 2, max_iter 20',
    'pgd, norm inf, max_iter 10',
  ]);
});

test('a trial on one line', () => {
  const { study } = parseStudy(fakeStudyText.replace('[0.05, 0.1', '[8/255, 0.1'), 'x');
  const lines = expand(study).map((trial) => describeTrial(trial, labelsOf(study)));
  expect(lines[1]).toBe('train ResNet-18, gaussian-augmentation');
  expect(lines[4]).toBe('fgm eps 0.03137 on ResNet-18, none');
});

test('attacks that are bounded otherwise, or not at all', () => {
  const attacks = [
    'pixel, th: [1, 4]',
    'deepfool, nb_grads: 3',
    'deepfool, nb_grads: 5',
    'hopskipjump',
    'hopskipjump, eps: 0.1',
  ].map((attack) => `  - { name: ${attack} }\n`);
  const { study } = parseStudy(fakeStudyText.replace(/attacks:.*$/s, `attacks:\n${attacks.join('')}`), 'x');
  const lines = expand(study).flatMap((trial) =>
    trial.kind === 'attack' ? [describeTrial(trial, labelsOf(study))] : [],
  );
  expect(lines.slice(0, 6)).toEqual([
    'pixel th 1 on ResNet-18, none',
    'pixel th 4 on ResNet-18, none',
    'deepfool, nb_grads 3 on ResNet-18, none',
    'deepfool, nb_grads 5 on ResNet-18, none',
    'hopskipjump, any distance on ResNet-18, none',
    'hopskipjump, bounded eps 0.1 on ResNet-18, none',
  ]);
});

test('data sets and trainings are named where there are several', () => {
  const text = `${fakeStudyText.replace('data: { name: mnist, train: 6000, test: 10000 }', 'data: [{ name: mnist }, { name: cifar10 }]')}
includes: [{ training: { epochs: 9 } }]
`;
  const { study } = parseStudy(text, 'x');
  const lines = expand(study).map((trial) => describeTrial(trial, labelsOf(study)));
  expect(lines[0]).toBe('train mnist ResNet-18, epochs 4, none');
  expect(lines.at(-1)).toBe('pgd eps 0.3 on cifar10 ResNet-34, epochs 9, feature-squeezing');
});
