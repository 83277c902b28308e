import { expect, test } from 'vitest';
import { gaussianNoise } from '../../../src/analysis/robustness/defences/gaussianNoise.ts';
import { highConfidence } from '../../../src/analysis/robustness/defences/highConfidence.ts';
import { noDefence } from '../../../src/analysis/robustness/defences/none.ts';
import { defenceWarnings } from '../../../src/analysis/robustness/sanity.ts';

test('defences that answer at random are warned of unless answers are means', () => {
  const starts = (gradients: boolean, draws: number) =>
    defenceWarnings(gaussianNoise.make({ scale: 0.1 }), gradients, draws).map((warning) => warning.split(':')[0]);
  expect(starts(true, 2)).toEqual(['gaussian-noise tells probabilities']);
  expect(starts(false, 1)).toEqual([
    'gaussian-noise answers at random, and each answer was taken for the truth (stochastic gradients)',
  ]);
  expect(starts(false, 2)).toEqual([]);
});

test('defences that answer at random or tell probabilities', () => {
  expect(defenceWarnings(noDefence, true)).toEqual([]);
  expect(defenceWarnings(highConfidence.make({ cutoff: 0.5 }), false)).toEqual([]);
  expect(defenceWarnings(highConfidence.make({ cutoff: 0.5 }), true)).toEqual([
    'high-confidence tells probabilities: gradients through them vanish where the model is sure (vanishing gradients), so robustness may be overstated',
  ]);
  expect(defenceWarnings(gaussianNoise.make({ scale: 0.1 }), true)).toHaveLength(2);
});
