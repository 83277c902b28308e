import { expect, test } from 'vitest';
import { attackNamed } from '../../../src/analysis/robustness/attacks/catalogue.ts';
import { completeSettings } from '../../../src/analysis/robustness/attacks/defineAttack.ts';
import type { AttackOutcome } from '../../../src/analysis/robustness/attacks/run/attack.ts';
import { type AttackRun, describeRuns } from '../../../src/cli/attack/text.ts';
import { printLines } from '../../../src/cli/terminal/terminal.ts';
import { collectTerminal } from '../../support/collectTerminal.ts';

const record = (success: boolean, l2: number) => ({
  success,
  distances: { l0: 1, l1: 1, l2, linf: l2 / 2 },
  cost: { queries: 41, gradients: 40, seconds: 1, flops: 1 },
});

function run(name: 'apgd-dlr' | 'deepfool', eps: number | undefined, broken: number): AttackRun {
  const records = Array.from({ length: 10 }, (_, i) => record(i < broken, 1.5));
  const outcome = { records, cleanAccuracy: 1, robustAccuracy: 1 - broken / 10 } as unknown as AttackOutcome;
  const settings = completeSettings(attackNamed(name), eps === undefined ? {} : { eps });
  return { title: name, planned: { name, settings, hasDefaultEps: false }, outcome, certified: null };
}

const runs = [run('apgd-dlr', 8 / 255, 4), run('apgd-dlr', 0.5, 6), run('deepfool', undefined, 0)];

const printed = (columns?: number): string[] => {
  const { texts, terminal } = collectTerminal();
  printLines({ ...terminal, stdout: Object.assign(terminal.stdout, { columns }) }, describeRuns(runs));
  return texts.stdout.split('\n');
};

test('several attacks: a line each, with all that tells it from the others in front', () => {
  expect(printed().slice(2, 6)).toEqual([
    'attack    norm      eps  accuracy   broken  median L2  median Linf  queries  gradients',
    'apgd-dlr  inf   0.03137    60.0 %  4 of 10      1.500       0.7500    41.00      40.00',
    'apgd-dlr  inf       0.5    40.0 %  6 of 10      1.500       0.7500    41.00      40.00',
    'deepfool  2          NA   100.0 %  0 of 10         NA           NA       NA         NA',
  ]);
});

test('on 60 columns the same in parts, attack, norm and strength in each', () => {
  const lines = printed(60);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(60);
  expect(lines.slice(2, 11)).toEqual([
    'attack    norm      eps  accuracy   broken  median L2',
    'apgd-dlr  inf   0.03137    60.0 %  4 of 10      1.500',
    'apgd-dlr  inf       0.5    40.0 %  6 of 10      1.500',
    'deepfool  2          NA   100.0 %  0 of 10         NA',
    '',
    'attack    norm      eps  median Linf  queries  gradients',
    'apgd-dlr  inf   0.03137       0.7500    41.00      40.00',
    'apgd-dlr  inf       0.5       0.7500    41.00      40.00',
    'deepfool  2          NA           NA       NA         NA',
  ]);
});
