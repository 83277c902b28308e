import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { expand } from '../../../src/analysis/study/expand.ts';
import { canonicalJson, identity } from '../../../src/analysis/study/identity.ts';
import { parseStudy } from '../../../src/analysis/study/parse.ts';
import { planTrials } from '../../../src/analysis/study/run.ts';
import type { AttackTrial, TrainTrial } from '../../../src/analysis/study/trial.ts';
import { fakeStudyText } from './fakeTrials.ts';

const { study } = parseStudy(readFileSync('test/fixtures/study.yaml', 'utf8'), 'study.yaml');

test('a study crosses 2 models, 3 defences, 2 attacks and 4 strengths', () => {
  const trials = expand(study);
  const trainings = trials.filter((trial): trial is TrainTrial => trial.kind === 'train');
  const attacks = trials.filter((trial): trial is AttackTrial => trial.kind === 'attack');
  // Feature squeezing acts at prediction, so it shares the undefended training: 2 trainings a model, not 3.
  expect(trainings).toHaveLength(2 * 2);
  expect(attacks).toHaveLength(2 * 3 * 2 * 4);
  expect(trials.slice(0, 4)).toEqual(trainings);
  for (const { train, defence } of attacks) {
    expect(trainings.map(canonicalJson)).toContain(canonicalJson(train));
    expect(train.defence.name).toBe(defence.name === 'gaussian-augmentation' ? 'gaussian-augmentation' : 'none');
  }
});

test('every trial has its own identity, and an attack names its training', async () => {
  const planned = await planTrials(study);
  const ids = new Set(planned.map(({ id }) => id));
  expect(ids.size).toBe(planned.length);
  for (const { trial, trainId } of planned) {
    expect(trainId).toBe(trial.kind === 'attack' ? await identity(trial.train) : null);
    if (trainId !== null) expect(ids).toContain(trainId);
  }
});

test('cells that two grids share are computed once', () => {
  const overlapping = fakeStudyText.replace(
    '  - { name: pgd, eps: [0.05, 0.1, 0.2, 0.3] }',
    '  - { name: pgd, eps: [0.1, 0.2] }\n  - { name: pgd, eps: [0.2, 0.3] }',
  );
  const trials = expand(parseStudy(overlapping, 'x').study);
  expect(trials.filter(({ kind }) => kind === 'attack')).toHaveLength(2 * 3 * (4 + 3));
});

test('prices change no identity', async () => {
  const priced = `${fakeStudyText}prices: { currency: EUR, training: 2.5, attack: 0.8 }\n`;
  const [before, after] = [fakeStudyText, priced].map((text) => parseStudy(text, 'x').study);
  expect(after.prices).toEqual({ currency: 'EUR', training: 2.5, attack: 0.8 });
  expect((await planTrials(after)).map(({ id }) => id)).toEqual((await planTrials(before)).map(({ id }) => id));
});

test('a change that does not touch a training leaves its identity as it is', async () => {
  const changed = parseStudy(fakeStudyText.replace('name: fake', 'name: other\nsamples: 50'), 'x').study;
  const before = await planTrials(parseStudy(fakeStudyText, 'x').study);
  const after = await planTrials(changed);
  const idsOf = (planned: typeof before, kind: string) =>
    planned.flatMap(({ id, trial }) => (trial.kind === kind ? [id] : []));
  expect(idsOf(after, 'train')).toEqual(idsOf(before, 'train'));
  expect(idsOf(after, 'attack').filter((id) => idsOf(before, 'attack').includes(id))).toEqual([]);
});

test('the identities of earlier versions', async () => {
  const planned = await planTrials(parseStudy(fakeStudyText, 'x').study);
  const idOf = (of: string) => planned.find(({ trial }) => trial.kind === 'attack' && trial.attack.name === of)?.id;
  // Computed with the code as it was when FGM and PGD were the only attacks: finished trials are found again.
  expect([planned[0].id, idOf('fgm'), idOf('pgd')]).toEqual([
    'd920f2461644d918a49c0d4c',
    '8b3fdfcb633526ed26cc16af',
    '1793609698e25c2935c335d6',
  ]);
});

test('a budget belongs to the attacks and leaves the trainings as they are', async () => {
  const limited = parseStudy(`${fakeStudyText}budget: { max_seconds: 0.5, max_queries: 10 }\n`, 'x').study;
  expect(limited.budget).toEqual({ maxSeconds: 0.5, maxQueries: 10 });
  const [before, after] = [parseStudy(fakeStudyText, 'x').study, limited].map(expand);
  expect(after[0]).toEqual(before[0]);
  expect(after[4]).toEqual({ ...before[4], budget: { maxSeconds: 0.5, maxQueries: 10 } });
});
