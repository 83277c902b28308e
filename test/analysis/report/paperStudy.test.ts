import { expect, test } from 'vitest';
import { isPaperStudy } from '../../../src/analysis/report/paperStudy.ts';

/* Meyers et al., arXiv 2401.13751: ResNets, defences and attacks that it names, whatever a study calls itself. */
const DEPTHS = [18, 34, 50, 101, 152];
const DEFENCES = [
  'none',
  'gaussian-augmentation, sigma 0.3',
  'gaussian-noise, scale 0.1',
  'high-confidence',
  'feature-squeezing, bit_depth 4',
];
const ATTACKS = ['fgm, L2', 'pgd', 'deepfool, nb_grads 3', 'hopskipjump, max_iter 5', 'pixel', 'threshold'];

function measured(depths: readonly number[], defences: readonly string[], attacks: readonly string[]) {
  return {
    models: depths.map((depth) => ({ configuration: { family: 'resnet', depth } })),
    attacks: attacks.flatMap((attack) => defences.map((defence) => ({ attack, defence }))),
  } as never;
}

test('a study of all that the paper measured is its own; one that lacks a network, a defence or an attack is not', () => {
  expect(isPaperStudy(measured(DEPTHS, DEFENCES, ATTACKS))).toBe(true);
  expect(isPaperStudy(measured([...DEPTHS, 20], [...DEFENCES, 'label-smoothing'], [...ATTACKS, 'square']))).toBe(true);
  for (const depth of DEPTHS)
    expect(
      isPaperStudy(
        measured(
          DEPTHS.filter((other) => other !== depth),
          DEFENCES,
          ATTACKS,
        ),
      ),
    ).toBe(false);
  for (const defence of DEFENCES)
    expect(
      isPaperStudy(
        measured(
          DEPTHS,
          DEFENCES.filter((other) => other !== defence),
          ATTACKS,
        ),
      ),
    ).toBe(false);
  for (const attack of ATTACKS)
    expect(
      isPaperStudy(
        measured(
          DEPTHS,
          DEFENCES,
          ATTACKS.filter((other) => other !== attack),
        ),
      ),
    ).toBe(false);
});
