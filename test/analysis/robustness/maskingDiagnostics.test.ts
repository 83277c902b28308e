import { expect, test } from 'vitest';
import {
  type AttackEvaluation,
  maskingDiagnostics,
  maskingWarnings,
} from '../../../src/analysis/robustness/maskingDiagnostics.ts';

/*
 * Each sign on evaluations made by hand, for and against; names and order are those of the five headings of section 3.1 of Athalye,
 * Carlini and Wagner (arXiv 1802.00420v4).
 */

const PGD: AttackEvaluation = {
  target: 'ResNet-18, none',
  attack: 'pgd',
  settings: 'pgd',
  norm: 'inf',
  eps: 0.1,
  steps: 10,
  gradients: 'iterative',
  isNoise: false,
  samples: 100,
  robustAccuracy: 0.4,
};
const FGM: AttackEvaluation = { ...PGD, attack: 'fgm', settings: 'fgm', steps: null, gradients: 'one step' };
const SQUARE: AttackEvaluation = { ...PGD, attack: 'square', settings: 'square', steps: 5000, gradients: null };
const NOISE: AttackEvaluation = { ...SQUARE, attack: 'random-noise', settings: 'noise', isNoise: true };

const warningsOf = (all: readonly AttackEvaluation[]) => maskingWarnings(maskingDiagnostics(all));

test('nothing is said of an evaluation as it should be, and how often it was looked at', () => {
  const falling = [0.1, 0.3, 0.5].map((eps, i) => ({ ...PGD, eps, robustAccuracy: 0.4 - 0.2 * i }));
  const all = [...falling, { ...PGD, steps: 40, robustAccuracy: 0.35 }, FGM, SQUARE, { ...NOISE, robustAccuracy: 0.9 }];
  expect(maskingDiagnostics(all).map(({ name, compared, signs }) => [name, compared, signs])).toEqual([
    // FGM against PGD, and PGD's 40 steps against its 10.
    ['One-step attacks perform better than iterative attacks', 2, []],
    ['Black-box attacks are better than white-box attacks', 1, []],
    ['Unbounded attacks do not reach 100 % success', 1, []],
    ['Random sampling finds adversarial examples', 1, []],
    ['Increasing distortion bound does not increase success', 1, []],
  ]);
  expect(maskingDiagnostics([]).map(({ compared }) => compared)).toEqual([0, 0, 0, 0, 0]);
});

test('a black box that is stronger than every white box', () => {
  const square = { ...SQUARE, robustAccuracy: 0.2 };
  expect(warningsOf([PGD, square])).toEqual([
    'Black-box attacks are better than white-box attacks: ResNet-18, none: at eps 0.1 in Linf, square without gradients leaves 20.0 %, pgd with them 40.0 %: gradients are probably masked',
  ]);
  // One sample may be luck; other norms, distances and targets are no comparison; a stronger white box is all that is asked.
  for (const other of [{ robustAccuracy: 0.39 }, { norm: '2' }, { eps: 0.2 }, { target: 'ResNet-18, other' }])
    expect(warningsOf([PGD, { ...square, ...other }])).toEqual([]);
  expect(warningsOf([PGD, { ...PGD, settings: 'apgd-ce', robustAccuracy: 0.2 }, square])).toEqual([]);
});

test('random points that break more than every attack', () => {
  const noise = { ...NOISE, robustAccuracy: 0.3 };
  expect(warningsOf([PGD, SQUARE, noise])).toEqual([
    'Random sampling finds adversarial examples: ResNet-18, none: at eps 0.1 in Linf, random noise leaves 30.0 %, the strongest attack (pgd) 40.0 %: it is too weak, or gradients are masked',
  ]);
  // One attack that is as good is all that is asked, whatever it asks for.
  expect(warningsOf([PGD, { ...SQUARE, robustAccuracy: 0.3 }, noise]).join()).not.toContain('Random sampling');
});

test('images that could be erased and are still classified', () => {
  const last = { ...PGD, eps: 0.5, robustAccuracy: 0.05 };
  expect(warningsOf([PGD, last])).toEqual([
    'Unbounded attacks do not reach 100 % success: ResNet-18, none: at eps 0.5 in Linf, where an image can be erased, the strongest attack (pgd) leaves 5.0 %, not 0: it is too weak, or gradients are masked',
  ]);
  // Another attack did it; noise that does not says nothing; and in L2 half of the pixel range erases nothing.
  expect(warningsOf([PGD, last, { ...SQUARE, eps: 0.6, robustAccuracy: 0 }])).toEqual([]);
  expect(warningsOf([{ ...NOISE, eps: 0.5 }])).toEqual([]);
  expect(warningsOf([{ ...last, norm: '2' }])).toEqual([]);
});

test('more room and less effect', () => {
  const wider = { ...PGD, eps: 0.2, robustAccuracy: 0.5 };
  expect(warningsOf([wider, PGD])).toEqual([
    'Increasing distortion bound does not increase success: ResNet-18, none: at eps 0.2 in Linf, pgd leaves 50.0 %, more than the 40.0 % at eps 0.1: it does not use the room that it has',
  ]);
  expect(warningsOf([{ ...wider, robustAccuracy: 0.41 }, PGD])).toEqual([]);
  expect(warningsOf([{ ...wider, settings: 'mifgsm' }, PGD])).toEqual([]);
});

test('more steps and less effect, with and without a limit to the distance, and one step against many', () => {
  const longer = { ...PGD, steps: 100, robustAccuracy: 0.5 };
  const name = 'One-step attacks perform better than iterative attacks';
  expect(warningsOf([longer, PGD])).toEqual([
    `${name}: ResNet-18, none: at eps 0.1 in Linf, pgd leaves 50.0 % after 100 steps, more than the 40.0 % after 10: its steps do not converge`,
  ]);
  const unlimited = [longer, PGD].map((each) => ({ ...each, eps: null }));
  expect(warningsOf(unlimited)).toEqual([
    `${name}: ResNet-18, none: pgd leaves 50.0 % after 100 steps, more than the 40.0 % after 10: its steps do not converge`,
  ]);
  expect(warningsOf([PGD, { ...FGM, robustAccuracy: 0.2 }])).toEqual([
    `${name}: ResNet-18, none: at eps 0.1 in Linf, fgm with one step leaves 20.0 %, pgd 40.0 %: its steps do not converge`,
  ]);
  expect(warningsOf([PGD, { ...FGM, robustAccuracy: 0.6 }])).toEqual([]);
});

test('the same sign in several places is told once', () => {
  const both = ['a', 'b', 'c'].flatMap((target) => [
    { ...PGD, target },
    { ...SQUARE, target, robustAccuracy: 0.2 },
  ]);
  const warnings = warningsOf(both);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^Black-box .*: a: .* \(and 2 more like it\)$/);
});
