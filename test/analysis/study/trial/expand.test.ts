import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseStudy } from '../../../../src/analysis/study/file/parse.ts';
import { planTrials } from '../../../../src/analysis/study/run/run.ts';
import { expand } from '../../../../src/analysis/study/trial/expand.ts';
import { canonicalJson, identity } from '../../../../src/analysis/study/trial/identity.ts';
import type { AttackTrial, TrainTrial } from '../../../../src/analysis/study/trial/trial.ts';
import { fakeStudyText } from '../../../support/fakeTrials.ts';
import { resnetOf } from '../../../support/resnetOf.ts';

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

/** The fake study with more text, as trials. */
const trialsOf = (more: string, change: (text: string) => string = (text) => text) =>
  expand(parseStudy(`${change(fakeStudyText)}${more}`, 'x').study);
const attacksIn = (trials: ReturnType<typeof expand>) =>
  trials.filter((trial): trial is AttackTrial => trial.kind === 'attack');

test('excludes leave out every cell that matches in all that they name, and the trainings that nothing needs then', () => {
  // Of 2 models x 3 defences x 8 attacks: the 8 of ResNet-34 under augmentation with their training, and PGD's two weakest on all else.
  const trials = trialsOf(`excludes:
  - { models: { depth: 34 }, defences: { name: gaussian-augmentation, sigma: [0.3, 0.5] } }
  - { attacks: { name: pgd, eps: [0.05, 1/10] } }
`);
  const attacks = attacksIn(trials);
  expect(attacks).toHaveLength(2 * 3 * 8 - 8 - 5 * 2);
  expect(trials.length - attacks.length).toBe(3);
  for (const { train, defence, attack } of attacks) {
    expect(resnetOf(train.model).depth === 34 && defence.name === 'gaussian-augmentation').toBe(false);
    expect(attack.name === 'pgd' && (attack.eps ?? 0) <= 0.1).toBe(false);
  }
  expect(
    attacksIn(trialsOf('excludes: [{ seeds: 3, training: { epochs: 4 } }]\n', (t) => `${t}seeds: [3, 4]\n`)),
  ).toEqual(attacksIn(trialsOf('seeds: 4\n')));
});

test('includes add grids that have of the study what they do not name; cells that are there already are not doubled', () => {
  const before = trialsOf('');
  const trials = trialsOf(`includes:
  - models: { depth: [34, 50] }
    defences: [{ name: none }]
    attacks: [{ name: fgm, eps: [0.3, 0.4] }]
  - data: { name: cifar10, train: 500 }
    training: { epochs: 1 }
`);
  const keys = new Set(before.map(canonicalJson));
  const added = trials.filter((trial) => !keys.has(canonicalJson(trial)));
  expect(trials).toHaveLength(before.length + added.length);
  const [first, second] = [attacksIn(added).slice(0, 3), attacksIn(added).slice(3)];
  expect(
    first.map(({ train, attack }) => [resnetOf(train.model).depth, resnetOf(train.model).width, attack.eps]).sort(),
  ).toEqual([
    [34, 16, 0.4],
    [50, 16, 0.3],
    [50, 16, 0.4],
  ]);
  expect(second).toHaveLength(2 * 3 * 8);
  for (const { train } of second) {
    expect(train.data).toEqual({ name: 'cifar10', train: 500, test: null });
    expect(train.training).toMatchObject({ epochs: 1, batchSize: 64, learningRate: 0.05 });
  }
});

test('excludes take nothing from what includes add', () => {
  const trials = trialsOf('excludes: [{ models: { depth: 34 } }]\nincludes: [{ models: { depth: 34 }, seeds: 7 }]\n');
  expect(
    attacksIn(trials)
      .filter(({ train }) => resnetOf(train.model).depth === 34)
      .map(({ seed }) => seed),
  ).toEqual(new Array(3 * 8).fill(7));
});

test('attacks on one defended model follow one another, so that it is opened once', () => {
  const trials = attacksIn(trialsOf('includes: [{ attacks: [{ name: deepfool }] }]\n'));
  const targets = trials.map(({ train, defence }) => canonicalJson([train, defence]));
  const changes = targets.filter((target, index) => target !== targets[index - 1]);
  expect(changes).toHaveLength(new Set(targets).size);
  expect(trials).toHaveLength(2 * 3 * 9);
});

test('epochs, batch size and learning rate are axes, too', () => {
  const trials = trialsOf('', (text) => text.replace('epochs: 4', 'epochs: [1, 2]').replace('0.05,', '[0.1, 0.2],'));
  const trainings = trials.filter((trial): trial is TrainTrial => trial.kind === 'train');
  expect(trainings).toHaveLength(4 * 4);
  expect(new Set(trainings.map(({ training }) => `${training?.epochs} ${training?.learningRate}`)).size).toBe(4);
});

test('a protocol drops strengths and what differs in them alone, and leaves trainings as they are', async () => {
  const { study: ran } = parseStudy(`${fakeStudyText}protocol: { name: attackbench, passes: 300 }\n`, 'x');
  const attacks = expand(ran).filter((trial): trial is AttackTrial => trial.kind === 'attack');
  // Two models under three defences, two attacks: four strengths of each have become one.
  expect(attacks).toHaveLength(2 * 3 * 2);
  expect(attacks.every(({ attack }) => !('eps' in attack) && !('epsStep' in attack))).toBe(true);
  expect(attacks[0].protocol).toEqual({ name: 'attackbench', passes: 300 });
  const [before, after] = await Promise.all([parseStudy(fakeStudyText, 'x').study, ran].map(planTrials));
  expect(after.slice(0, 4).map(({ id }) => id)).toEqual(before.slice(0, 4).map(({ id }) => id));
  const known = new Set(before.map(({ id }) => id));
  expect(after.slice(4).some(({ id }) => known.has(id))).toBe(false);
});
