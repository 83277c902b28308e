import { integer } from '../../../../base/parameter.ts';
import { completeSettings, defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { fmn } from '../minimum/fmn.ts';
import { pdpgd } from '../minimum/pdpgd.ts';
import { sigmaZero } from '../minimum/sigmaZero.ts';
import { pixelAttack } from '../query/pixelAttack.ts';
import type { AnyMethod } from '../run/method.ts';
import { generationOf } from '../steps/evolution/evolutionAttack.ts';
import { sequence } from './sequence.ts';

/** Those that look for the fewest pixels, the one that most often finds them first. */
const SEARCHES = [sigmaZero, fmn, pdpgd] as const;

/**
 * What AutoAttack is in other norms, in L0: three searches for the fewest changed pixels by gradients, of which one within `th` is a
 * success, and the Pixel attack, which asks for logits alone; each on the samples that withstood those before. It is no published ensemble.
 */
export const sparseBest = defineAttack({
  name: 'best-of-l0',
  title: 'Best of L₀',
  about: '`sigma-zero`, `fmn`, `pdpgd` and `pixel`, each on the images that are left',
  source: '',
  asks: 'gradients',
  strength: 'pixels',
  norms: ['0'],
  parameters: {
    maxIter: integer({ from: 1, default: 100, about: 'steps of each of its searches by gradients' }),
    pixelIter: integer({ from: 1, default: 25, about: 'generations of its Pixel after the first' }),
  },
  passes: ({ maxIter, pixelIter, th }, { shape: [channels] }) =>
    SEARCHES.length * maxIter * WITH_GRADIENT + (pixelIter + 1) * generationOf((2 + channels) * th),
  method: (classifier, batch, { th, maxIter, pixelIter, seed }) => {
    const within = { norm: '0', radius: th } as const;
    const stages = SEARCHES.map((search) => {
      const settings = { ...completeSettings(search, { norm: '0', maxIter }), seed };
      const method: AnyMethod = search.method(classifier, batch, settings as never);
      return { method, within };
    });
    const pixel: AnyMethod = pixelAttack.method(classifier, batch, {
      norm: '0',
      th,
      es: 'de',
      maxIter: pixelIter,
      seed,
    });
    return sequence([...stages, { method: pixel }], classifier.shape);
  },
});
