import { expect, test } from 'vitest';
import { checkBestOf, leading } from '../../../src/cli/attack/bestOf.ts';
import { figuresOf } from '../../../src/cli/attack/figures.ts';
import { plannedAttacks } from '../../../src/cli/attack/flags.ts';
import { describeRun } from '../../../src/cli/attack/text.ts';

test('one attack, a protocol, and attacks without a common norm are refused', () => {
  const bestOf = true;
  expect(() => checkBestOf({ bestOf }, plannedAttacks({ attack: ['pgd'] }))).toThrow(
    /^attack: --best-of takes several attacks; name them by --attack/,
  );
  const several = plannedAttacks({ attack: ['pgd', 'deepfool'] });
  expect(() => checkBestOf({ bestOf, protocol: 'attackbench' }, several)).toThrow(/give one of the two$/);
  expect(() => checkBestOf({ bestOf }, several)).toThrow(/^best-of: the attacks measure in norms inf and 2/);
  checkBestOf({}, several);
  checkBestOf({ bestOf }, plannedAttacks({ attack: ['pgd', 'deepfool'], norm: '2', eps: [0.5] }));
});

test('the text and the figures tell the attacks, and which of them broke each image', () => {
  const attacks = plannedAttacks({ attack: ['deepfool', 'pgd'], norm: '2', eps: [0.5] });
  expect(leading(attacks).name).toBe('pgd');
  const record = (sample: number, success: boolean) => ({
    ...{ sample, label: 1, misclassifiedBefore: false, success, successAfterRounding: success },
    ...{ firstStep: success ? 1 : null, cost: { seconds: 0, queries: 1, gradients: 1, flops: 0 } },
    distances: { l0: 1, l1: 1, l2: 0.25, linf: 0.25 },
  });
  const run = {
    ...{ title: 'best-of', planned: leading(attacks), certified: null },
    bestOf: { attacks, brokenBy: ['pgd', null] as const },
    outcome: {
      ...{ records: [record(0, true), record(1, false)], images: new Float32Array(2) },
      ...{ cleanAccuracy: 1, robustAccuracy: 0.5, found: { zero: 0, notFinite: 0, lost: 0 }, warnings: [] },
    },
  };
  const text = describeRun(run);
  expect(text).toContain('accuracy under best-of       50.0 %');
  expect(text).toContain('broken by                    deepfool 0, pgd 1');
  const figures = figuresOf(
    run,
    [],
    [0, 1].map((index) => ({ split: 'test' as const, index })),
  );
  expect(figures).toMatchObject({ attack: 'best-of', norm: '2', eps: 0.5, robustAccuracy: 0.5 });
  expect(figures.records.map(({ brokenBy }) => brokenBy)).toEqual(['pgd', null]);
});
