import { expect, test } from 'vitest';
import { gaussianNoise } from '../../../src/analysis/robustness/defences/gaussianNoise.ts';
import { highConfidence } from '../../../src/analysis/robustness/defences/highConfidence.ts';
import { noDefence } from '../../../src/analysis/robustness/defences/none.ts';
import { type AttackEvaluation, defenceWarnings, evaluationWarnings } from '../../../src/analysis/robustness/sanity.ts';

const PGD: AttackEvaluation = {
  target: 'ResNet-18, none',
  attack: 'pgd',
  settings: 'pgd',
  norm: 'inf',
  eps: 0.1,
  steps: 10,
  blackBox: false,
  samples: 100,
  robustAccuracy: 0.4,
};
const SQUARE: AttackEvaluation = { ...PGD, attack: 'square', settings: 'square', steps: 5000, blackBox: true };

test('nothing is said of an evaluation as it should be', () => {
  const falling = [0.1, 0.3, 0.5].map((eps, i) => ({ ...PGD, eps, robustAccuracy: 0.4 - 0.2 * i }));
  expect(evaluationWarnings([...falling, { ...PGD, steps: 40, robustAccuracy: 0.35 }, SQUARE])).toEqual([]);
  expect(evaluationWarnings([])).toEqual([]);
});

test('a black box that is stronger than every white box', () => {
  const square = { ...SQUARE, robustAccuracy: 0.2 };
  expect(evaluationWarnings([PGD, square])).toEqual([
    'ResNet-18, none: at eps 0.1 in Linf, square without gradients leaves 20.0 %, pgd with them 40.0 %: gradients are probably masked',
  ]);
  // One sample may be luck; other norms, distances and targets are no comparison; a stronger white box is all that is asked.
  for (const other of [{ robustAccuracy: 0.39 }, { norm: '2' }, { eps: 0.2 }, { target: 'ResNet-18, other' }])
    expect(evaluationWarnings([PGD, { ...square, ...other }])).toEqual([]);
  expect(evaluationWarnings([PGD, { ...PGD, settings: 'apgd-ce', robustAccuracy: 0.2 }, square])).toEqual([]);
});

test('images that could be erased and are still classified', () => {
  const [last] = [{ ...PGD, eps: 0.5, robustAccuracy: 0.05 }];
  expect(evaluationWarnings([PGD, last])).toEqual([
    'ResNet-18, none: at eps 0.5 in Linf, where an image can be erased, the strongest attack (pgd) leaves 5.0 %, not 0: it is too weak, or gradients are masked',
  ]);
  // Another attack did it; and in L2 half of the pixel range erases nothing.
  expect(evaluationWarnings([PGD, last, { ...SQUARE, eps: 0.6, robustAccuracy: 0 }])).toEqual([]);
  expect(evaluationWarnings([{ ...last, norm: '2' }])).toEqual([]);
});

test('more room and less effect', () => {
  const wider = { ...PGD, eps: 0.2, robustAccuracy: 0.5 };
  expect(evaluationWarnings([wider, PGD])).toEqual([
    'ResNet-18, none: at eps 0.2 in Linf, pgd leaves 50.0 %, more than the 40.0 % at eps 0.1: it does not use the room that it has',
  ]);
  expect(evaluationWarnings([{ ...wider, robustAccuracy: 0.41 }, PGD])).toEqual([]);
  expect(evaluationWarnings([{ ...wider, settings: 'fgm' }, PGD])).toEqual([]);
});

test('more steps and less effect, with and without a limit to the distance', () => {
  const longer = { ...PGD, steps: 100, robustAccuracy: 0.5 };
  expect(evaluationWarnings([longer, PGD])).toEqual([
    'ResNet-18, none: at eps 0.1 in Linf, pgd leaves 50.0 % after 100 steps, more than the 40.0 % after 10: its steps do not converge',
  ]);
  const unlimited = [longer, PGD].map((each) => ({ ...each, eps: null }));
  expect(evaluationWarnings(unlimited)).toEqual([
    'ResNet-18, none: pgd leaves 50.0 % after 100 steps, more than the 40.0 % after 10: its steps do not converge',
  ]);
});

test('the same sign in several places is told once', () => {
  const both = ['a', 'b', 'c'].flatMap((target) => [
    { ...PGD, target },
    { ...SQUARE, target, robustAccuracy: 0.2 },
  ]);
  const warnings = evaluationWarnings(both);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^a: .* \(and 2 more like it\)$/);
});

test('defences that answer at random are warned of unless answers are means', () => {
  const starts = (gradients: boolean, draws: number) =>
    defenceWarnings(gaussianNoise.make({ scale: 0.1 }), gradients, draws).map((warning) => warning.split(':')[0]);
  expect(starts(true, 2)).toEqual(['gaussian-noise tells probabilities']);
  expect(starts(false, 1)).toEqual(['gaussian-noise answers at random, and each answer was taken for the truth']);
  expect(starts(false, 2)).toEqual([]);
});

test('defences that answer at random or tell probabilities', () => {
  expect(defenceWarnings(noDefence, true)).toEqual([]);
  expect(defenceWarnings(highConfidence.make({ cutoff: 0.5 }), false)).toEqual([]);
  expect(defenceWarnings(highConfidence.make({ cutoff: 0.5 }), true)).toEqual([
    'high-confidence tells probabilities: gradients through them vanish where the model is sure, so robustness may be overstated',
  ]);
  expect(defenceWarnings(gaussianNoise.make({ scale: 0.1 }), true).map((warning) => warning.split(':')[0])).toEqual([
    'gaussian-noise answers at random, and each answer was taken for the truth',
    'gaussian-noise tells probabilities',
  ]);
});
