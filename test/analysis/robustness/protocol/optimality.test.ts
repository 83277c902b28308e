import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { attackBenchFigures, attackBenchFile } from '../../../../src/analysis/robustness/protocol/attackBenchFile.ts';
import {
  areaUnderCurve,
  globalOptimality,
  localOptimality,
  lowerEnvelope,
} from '../../../../src/analysis/robustness/protocol/optimality.ts';
import { attackBenchRuns } from '../../../support/attackBenchRuns.ts';

const read = (file: string) => readFileSync(new URL(`../../../fixtures/attackBench/${file}`, import.meta.url), 'utf8');

const runs = attackBenchRuns();
const models = ['first', 'second'];
const distancesOf = (attack: string, model: string) =>
  runs
    .filter(({ run }) => run.attack === attack && run.model === model)
    .flatMap(({ samples }) => samples.map(({ distance }) => distance));

test.each(runs)(
  'the file of $run.attack on $run.model is the one that AttackBench read',
  async ({ run, samples, originals }) => {
    const figures = await attackBenchFigures(samples, originals);
    const { name, text } = attackBenchFile(
      run,
      samples.map((sample, i) => ({ ...sample, ...figures[i] })),
    );
    expect(text).toBe(read(name));
  },
);

describe('scores agree with AttackBench', () => {
  const expected = JSON.parse(read('scores.json'));
  test.each(['pgd', 'ddn', 'fab'])('%s', (attack) => {
    const local = models.map((model) => {
      const envelope = lowerEnvelope(['pgd', 'ddn', 'fab'].map((each) => distancesOf(each, model)));
      return localOptimality(distancesOf(attack, model), envelope);
    });
    const { [attack]: scores } = expected;
    local.forEach((score, k) => {
      // Sums of a dozen doubles.
      expect(score?.optimality).toBeCloseTo(scores.local[k], 12);
      expect(score?.area).toBeCloseTo(scores.area[k], 12);
      expect(score?.envelopeArea).toBeCloseTo(scores.envelopeArea[k], 12);
    });
    const { mean, deviation } = globalOptimality(local.map((score) => score?.optimality ?? Number.NaN));
    expect(mean).toBeCloseTo(scores.global, 12);
    expect(deviation).toBeCloseTo(scores.deviation, 12);
  });
});

test('areas and scores by hand', () => {
  // Of four images one was wrong before, two break at 1 and 3, one at 5: heights 3/4, 1/2, 1/4 over widths 1, 2, 2.
  expect(areaUnderCurve([0, 1, 3, 5], 5)).toBeCloseTo(0.75 + 1 + 0.5, 12);
  // (0.75 · 5 - area) / (0.75 · 5 - 2.25), and the attack that breaks nothing in reach has area 0.75 · 5.
  expect(localOptimality([0, Infinity, 9, 7], [0, 1, 3, 5])?.optimality).toBe(0);
  expect(localOptimality([0, 1, 3, 5], [0, 1, 3, 5])?.optimality).toBe(1);
  expect(localOptimality([0, 1, 3, Infinity], [0, 1, 3, 5])?.optimality).toBe(1);
  expect(localOptimality([0, Infinity], [0, Infinity])).toBeNull();
});
