import { expect, test } from 'vitest';
import type { AttackRecord } from '../../../src/analysis/robustness/attacks/run/record.ts';
import {
  ALL_ATTACKS,
  type CurveInput,
  robustnessCurves,
  worstCase,
} from '../../../src/analysis/robustness/robustnessCurve.ts';

/** Records of five images, the last of which the model gets wrong; a distance is a success, null none. */
const recordsOf = (distances: readonly (number | null)[]) =>
  [...distances, null].map(
    (linf, sample): AttackRecord => ({
      ...{ sample, label: 0, misclassifiedBefore: sample === distances.length, success: linf !== null },
      ...{ successAfterRounding: false, firstStep: linf === null ? null : 1 },
      cost: { seconds: 0, queries: 0, gradients: 0, flops: 0 },
      distances: { l0: 0, l1: 0, l2: 0, linf: linf ?? 9 },
    }),
  );

const at = (attack: string, radius: number | null, distances: readonly (number | null)[]): CurveInput => ({
  ...{ attack, norm: 'inf', radius, records: recordsOf(distances) },
});

const told = (inputs: readonly CurveInput[], name: string) =>
  robustnessCurves(inputs)
    .filter(({ attack }) => attack === name)
    .map(({ eps, accuracy }) => [eps, accuracy]);

// Counted by hand: of five images four are right before any attack.
test('a point for each radius of an attack that is run at several, from accuracy before it', () => {
  const runs = [at('pgd', 0.2, [0.2, 0.15, null, null]), at('pgd', 0.1, [0.1, null, null, null])];
  expect(told(runs, 'pgd')).toEqual([
    [0, 0.8],
    [0.1, 0.6],
    [0.2, 0.4],
  ]);
});

test('an attack that goes as far as it must: a step down at each distance', () => {
  expect(told([at('deepfool', null, [0.3, 0.05, 0.3, null])], 'deepfool')).toEqual([
    [0, 0.8],
    [0.05, 0.6],
    [0.3, 0.2],
  ]);
});

test('all attacks together: what any breaks within the distance, at whichever radius it was run', () => {
  const runs = [at('pgd', 0.1, [0.1, null, null, null]), at('deepfool', null, [0.3, 0.05, 0.3, null])];
  expect(told(runs, ALL_ATTACKS)).toEqual([
    [0, 0.8],
    [0.05, 0.6],
    [0.1, 0.4],
    [0.3, 0.2],
  ]);
});

test('limits are exact', () => {
  // R: binom.test(4, 5)$conf.int is 0.2835821 to 0.9949492.
  const [{ lower, upper, images }] = robustnessCurves([at('pgd', 0.1, [null, null, null, null])]);
  expect([lower, upper]).toEqual([expect.closeTo(0.2835821, 6), expect.closeTo(0.9949492, 6)]);
  expect(images).toBe(5);
});

test('the worst case of several norms: broken within the radius of any, by an attack in whichever norm', () => {
  const withL2 = (input: CurveInput, l2: readonly number[]): CurveInput => ({
    ...input,
    records: input.records.map((record, i) => ({ ...record, distances: { ...record.distances, l2: l2[i] } })),
  });
  const inLinf = withL2(at('pgd', 0.1, [0.1, null, null, null]), [9, 9, 9, 9, 9]);
  const inL2 = { ...withL2(at('ddn', null, [0.3, 0.05, 0.3, null]), [1, 2, 0.4, 9, 9]), norm: '2' as const };
  // Of five images the last is wrong before; pgd breaks the first, ddn the second within 0.1 in Linf and the third within 0.5 in L2.
  expect(worstCase([inLinf, inL2], { inf: 0.1 }).accuracy).toBeCloseTo(0.4, 12);
  expect(worstCase([inLinf, inL2], { '2': 0.5 }).accuracy).toBeCloseTo(0.6, 12);
  expect(worstCase([inLinf, inL2], { inf: 0.1, '2': 0.5 }).accuracy).toBeCloseTo(0.2, 12);
});
