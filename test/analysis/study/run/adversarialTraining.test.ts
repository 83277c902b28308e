import { describe, expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import { labelsOf } from '../../../../src/analysis/study/trial/label.ts';
import { InputError } from '../../../../src/base/errors.ts';

/** A study with these defences. */
const studyOf = (defences: string) =>
  parseStudy(
    `name: a\ndata: {name: mnist}\nmodels: {depth: 18}\ndefences: [${defences}]\nattacks: [{name: fgm, eps: 0.1}]\n` +
      'training: {epochs: 1, batch_size: 8, learning_rate: 0.1}\n',
    'a.yaml',
  ).study;

test("what a study file leaves out has ART's values, and beta that of the authors of TRADES", () => {
  expect(studyOf('{name: adversarial-training, eps: 8/255}').defences).toEqual([
    {
      name: 'adversarial-training',
      method: 'madry',
      norm: 'inf',
      eps: 8 / 255,
      epsStep: 2 / 255,
      maxIter: 7,
      epsWarmup: 0,
    },
  ]);
  expect(
    studyOf('{name: adversarial-training, method: trades, norm: 2, eps: [1, 2], eps_step: 0.5, eps_warmup: 0.3}')
      .defences,
  ).toEqual(
    [1, 2].map((eps) => ({
      ...{ name: 'adversarial-training', method: 'trades', norm: '2', eps, epsStep: 0.5, maxIter: 7, beta: 6 },
      epsWarmup: 0.3,
    })),
  );
});

test('every strength has a training of its own, whose model is attacked', () => {
  const study = studyOf(
    '{name: none}, {name: adversarial-training, eps: [0.1, 0.3]}, {name: feature-squeezing, bit_depth: 4}',
  );
  const trials = expand(study);
  const trained = trials.flatMap((trial) => (trial.kind === 'train' ? [trial.defence] : []));
  const [none, weak, strong] = study.defences;
  expect(trained).toEqual([none, weak, strong]);
  const attacked = trials.flatMap((trial) =>
    trial.kind === 'attack' && trial.control === undefined ? [trial.train.defence] : [],
  );
  expect(attacked).toEqual([none, weak, strong, none]);
  expect(study.defences.map(labelsOf(study).defence)).toEqual([
    'none',
    'adversarial-training, eps 0.1',
    'adversarial-training, eps 0.3',
    'feature-squeezing',
  ]);
});

describe('refuses', () => {
  test.each([
    ['eps: 2', 'eps: eps is 2; it must be above 0 and at most 1, pixels lying in [0, 1]'],
    ['eps: [0.1, 2]', 'eps[1]: eps is 2; it must be above 0 and at most 1'],
    ['eps: 0.1, eps_step: -1', 'eps_step: -1 is out of range; it must be above 0'],
    ['eps: 0.1, norm: 1', 'norm: 1 is not known here; Known: '],
    ['eps: 0.1, beta: 6', 'beta: beta is of method trades, not of madry'],
    ['eps: 0.1, method: free', 'method: '],
    ['eps: 0.1, max_iter: 0', 'max_iter: '],
    ['eps: 0.1, eps_warmup: 2', 'eps_warmup: '],
    ['method: madry', 'eps: '],
  ])('%s', (given, expected) => {
    const act = () => studyOf(`{name: adversarial-training, ${given}}`);
    expect(act).toThrow(InputError);
    expect(act).toThrow(`: defences[0].${expected}`);
    expect(act).not.toThrow('\n');
  });
});
