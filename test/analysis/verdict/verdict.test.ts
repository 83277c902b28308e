import { describe, expect, test } from 'vitest';
import { compareRuns } from '../../../src/analysis/report/comparison/compare.ts';
import type { TrashLine } from '../../../src/analysis/report/document.ts';
import { verdictSentence } from '../../../src/analysis/report/page/verdict.ts';
import { isAttack } from '../../../src/analysis/report/rows/finished.ts';
import { onlyAttacks, recorded, reportOn } from '../../support/recordedVerdict.ts';

const clockOf = ({ clocks }: TrashLine, name: string) => clocks.find(({ clock }) => clock === name)!;

describe('the same study, three times', () => {
  const runs = ['again-1', 'again-2', 'again-3'].map((name) => ({ name, ...recorded(name) }));
  const lines = runs.map((run) => reportOn(run).trash[0]);
  const pairs = [0, 1, 2].flatMap((a) => [0, 1, 2].filter((b) => b > a).map((b) => [a, b] as const));

  test('by operations and by queries the scores are equal to the last digit', () => {
    for (const clock of ['flops', 'queries']) {
      const [first, ...others] = lines.map((line) => clockOf(line, clock));
      expect(first.best.value).toBeGreaterThan(0);
      for (const other of others) expect(other).toEqual(first);
    }
  });

  test('by seconds, which are calibrated, their intervals overlap', () => {
    for (const [a, b] of pairs) {
      const [one, other] = [clockOf(lines[a], 'seconds'), clockOf(lines[b], 'seconds')];
      expect([one.calibrated, other.calibrated]).toEqual([true, true]);
      expect(one.best.lower!).toBeLessThan(other.best.upper!);
      expect(other.best.lower!).toBeLessThan(one.best.upper!);
    }
  });

  test('they are never different', () => {
    for (const [a, b] of pairs) {
      const { survival, accuracy } = compareRuns([runs[a], runs[b]]);
      expect(survival[1]).toMatchObject({ p: 1 });
      expect(accuracy[1]).toMatchObject({ estimate: 0, p: 1 });
    }
  });
});

describe('attackers', () => {
  const all = recorded('attackers');
  const only = (...names: readonly string[]) => reportOn(onlyAttacks(all, ...names)).trash[0];

  test('a useless attack beside a good one changes nothing in the verdict', () => {
    const pgd = only('pgd');
    const both = only('pgd', 'random-noise');
    expect(pgd.value).toBeGreaterThan(0);
    for (const key of ['value', 'upper', 'horizon', 'reading', 'attack'] as const) expect(both[key]).toEqual(pgd[key]);
    expect(both.clocks[0].envelope.value!).toBeGreaterThanOrEqual(pgd.clocks[0].envelope.value!);
  });

  test('more attacks can only raise the best single attack and the envelope, at one horizon', () => {
    const { horizon } = only('pgd');
    let before: TrashLine | null = null;
    const names: string[] = [];
    for (const name of ['pgd', 'square', 'autoattack', 'random-noise']) {
      names.push(name);
      const line: TrashLine = reportOn(onlyAttacks(all, ...names), horizon!).trash[0];
      if (before !== null) {
        expect(line.value!).toBeGreaterThanOrEqual(before.value!);
        expect(line.clocks[0].envelope.value!).toBeGreaterThanOrEqual(before.clocks[0].envelope.value!);
      }
      before = line;
    }
  });
});

test('a model that learned nothing has no verdict; one that learned has one, with its accuracy beside it', () => {
  const { trash } = reportOn(recorded('learning'));
  const by = (better: boolean) => trash.filter(({ learned }) => learned?.better === better);
  expect([by(false).length, by(true).length]).toEqual([1, 1]);
  const [[guessing], [learned]] = [by(false), by(true)];
  expect(guessing).toMatchObject({ reading: 'no better than chance', value: null, lower: null, upper: null });
  expect(learned.value).toBeGreaterThan(0);
  expect(learned.learned!.accuracy).toBeGreaterThan(0.8);
  expect(verdictSentence(trash)).toContain('Of 1 more there is no verdict.');
});

test('attacks that break no image give an upper limit alone, and no claim on it is decided', () => {
  const { trash, claims } = reportOn(recorded('unbroken'));
  expect(trash[0]).toMatchObject({ value: null, lower: null });
  expect(['not broken', 'costlier to break']).toContain(trash[0].reading);
  expect(trash[0].upper).toBeGreaterThan(0);
  expect(verdictSentence(trash)).not.toContain('cheaper');
  for (const id of ['all-configurations-fail', 'all-configurations-pass'])
    expect(claims.find((claim) => claim.id === id)!.verdict).toBe('cannot be tested');
});

test('one image under sixteen attacks is one draw: neither interval nor verdict, and no claim settled', () => {
  const { trash, claims, survival } = reportOn(recorded('one-image'));
  expect(trash[0]).toMatchObject({ images: 1, reading: 'too few images', lower: null, upper: null });
  expect(trash[0].note).toContain('below ten there is neither interval nor verdict');
  expect(claims.filter(({ verdict }) => verdict !== 'cannot be tested')).toEqual([]);
  expect(survival.coefficients).toEqual([]);
});

test('images that all break at the same cost leave an interval with a width', () => {
  const { trash } = reportOn(recorded('alike'));
  const queries = clockOf(trash[0], 'queries').best;
  expect(queries.images).toBeGreaterThanOrEqual(10);
  // All cost as much as the horizon: what was not seen can only be cheaper, so the score can only be higher.
  expect(queries.lower).toBe(queries.value);
  expect(queries.upper!).toBeGreaterThan(1.1 * queries.value!);
});

test('an attack that a pooled mean speaks of alone is named', () => {
  const all = onlyAttacks(recorded('attackers'), 'pgd', 'random-noise');
  const noise = all.finished.filter(isAttack).find(({ trial }) => trial.attack.name === 'random-noise')!;
  const budget = Math.max(...noise.result.records.map(({ cost }) => cost.flops));
  expect(reportOn(all).warnings.join()).not.toContain('one attack alone');
  expect(reportOn(all, budget).warnings.join()).toContain('one attack alone (random-noise)');
});

test('a survival model that does not fit the observed curve is a warning', () => {
  const checked = ['again-1', 'attackers', 'learning'].flatMap((name) => {
    const { trash, warnings } = reportOn(recorded(name));
    return trash.flatMap(({ byModel }) => (byModel === null ? [] : [{ byModel, warnings: warnings.join() }]));
  });
  expect(checked.length).toBeGreaterThanOrEqual(3);
  for (const { byModel, warnings } of checked) {
    const { observed } = byModel;
    const apart =
      (byModel.value < observed.lower || byModel.value > observed.upper) &&
      (observed.value < byModel.lower || observed.value > byModel.upper);
    expect(byModel.misfit).toBe(apart);
    if (apart) expect(warnings).toContain('the survival model does not fit');
  }
});
