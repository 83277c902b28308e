import { integer } from '../../../../base/parameter.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import type { NormName } from '../../norms.ts';
import { defineAttack, WITH_GRADIENT } from '../defineAttack.ts';
import { apgdMethod } from '../gradient/apgd.ts';
import { fabMethod } from '../minimum/fab.ts';
import { squareMethod } from '../query/square.ts';
import { type Stage, sequence } from './sequence.ts';

/** Other classes that the targeted attacks try, and random starts of APGD on the cross-entropy, as in the standard version. */
const TARGETS = 9;
const OF_APGD = {
  inf: { starts: 1, targets: TARGETS },
  '2': { starts: 1, targets: TARGETS },
  '1': { starts: 5, targets: 5 },
} as const;

const maxIter = integer({ from: 1, default: 100, about: 'steps of its APGD and FAB' });

/**
 * AutoAttack, standard version (Croce and Hein, arXiv 2003.01690; in L1 arXiv 2103.01208, with APGD in shrinking balls): APGD on the
 * cross-entropy, targeted APGD on the difference of logits ratio, targeted FAB, and the square attack, each on the samples that
 * withstood those before.
 */
export const autoAttack = defineAttack({
  name: 'autoattack',
  title: 'AutoAttack',
  about: '`apgd-ce`, `apgd-t`, targeted `fab` and `square`, each on the images that are left',
  source: 'arXiv 2003.01690, 2103.01208',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  parameters: { maxIter, squareIter: integer({ from: 1, default: 5000, about: 'queries of its Square' }) },
  passes: ({ norm, maxIter: steps, squareIter }) => {
    const { starts, targets } = OF_APGD[norm];
    return steps * WITH_GRADIENT * (starts + targets + TARGETS) + squareIter;
  },
  method: (classifier, _, settings) => sequence(stagesOf(classifier, settings), classifier.shape),
});

/**
 * AutoAttack's version for random defences (Croce and Hein, arXiv 2003.01690): APGD on the cross-entropy, and on the difference of logits
 * ratio on the samples that are left. The authors ask each gradient 20 times: `expectationSamples` of the classifier.
 */
export const randomAutoAttack = defineAttack({
  name: 'autoattack-rand',
  title: 'AutoAttack for random defences',
  about: '`apgd-ce`, and `apgd-dlr` on the images that are left: for random defences, with `--eot 20`',
  source: 'arXiv 2003.01690',
  asks: 'gradients',
  strength: 'eps',
  norms: ['inf', '1', '2'],
  parameters: { maxIter },
  passes: ({ maxIter: steps }) => steps * WITH_GRADIENT * 2,
  method: ({ classes, shape }, _, settings) => {
    const shared = { ...settings, numRandomInit: 1, targets: 1 };
    const methods = [
      apgdMethod(classes, { ...shared, loss: 'cross-entropy' }),
      // The ratio compares three logits.
      ...(classes >= 3 ? [apgdMethod(classes, { ...shared, loss: 'dlr' })] : []),
    ];
    return sequence(
      methods.map((method) => ({ method })),
      shape,
    );
  },
});

interface StageSettings {
  readonly norm: NormName;
  readonly eps: number;
  readonly maxIter: number;
  readonly squareIter: number;
  readonly seed: number;
}

function stagesOf(
  classifier: Classifier,
  { norm, eps, maxIter: steps, squareIter, seed }: StageSettings,
): readonly Stage[] {
  const { classes } = classifier;
  const { starts, targets } = OF_APGD[norm];
  const shared = { norm, maxIter: steps, shrinking: norm === '1', seed };
  const methods = [
    apgdMethod(classes, { ...shared, loss: 'cross-entropy', numRandomInit: starts, targets: 1 }),
    // The targeted ratio compares four logits, the untargeted one three.
    ...(classes >= 4 ? [apgdMethod(classes, { ...shared, loss: 'targeted-dlr', numRandomInit: 1, targets })] : []),
    fabMethod(classes, { norm, eps, maxIter: steps, seed, numRestarts: 1, targets: TARGETS }),
    squareMethod(classifier, { norm, maxIter: squareIter, pInit: 0.8, seed }),
  ];
  return methods.map((method) => ({ method }));
}
