import { integer } from '../../../base/parameter.ts';
import type { Classifier } from '../classifier/classifier.ts';
import type { NormName } from '../norms.ts';
import { defineAttack, WITH_GRADIENT } from './defineAttack.ts';
import { apgdMethod } from './gradient/apgd.ts';
import { fabMethod } from './minimum/fab.ts';
import { squareMethod } from './query/square.ts';
import type { Batch } from './run/batch.ts';
import type { AnyMethod, Method } from './run/method.ts';

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
  method: (classifier, _, settings) => sequence(stagesOf(classifier, settings)),
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
  method: ({ classes }, _, settings) => {
    const shared = { ...settings, numRandomInit: 1, targets: 1 };
    return sequence([
      apgdMethod(classes, { ...shared, loss: 'cross-entropy' }),
      // The ratio compares three logits.
      ...(classes >= 3 ? [apgdMethod(classes, { ...shared, loss: 'dlr' })] : []),
    ]);
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
): readonly AnyMethod[] {
  const { classes } = classifier;
  const { starts, targets } = OF_APGD[norm];
  const shared = { norm, maxIter: steps, shrinking: norm === '1', seed };
  return [
    apgdMethod(classes, { ...shared, loss: 'cross-entropy', numRandomInit: starts, targets: 1 }),
    // The targeted ratio compares four logits, the untargeted one three.
    ...(classes >= 4 ? [apgdMethod(classes, { ...shared, loss: 'targeted-dlr', numRandomInit: 1, targets })] : []),
    fabMethod(classes, { norm, eps, maxIter: steps, seed, numRestarts: 1, targets: TARGETS }),
    squareMethod(classifier, { norm, maxIter: squareIter, pInit: 0.8, seed }),
  ];
}

interface SequenceState {
  readonly stage: number;
  /** The first step of the stage. */
  readonly began: number;
  readonly inner: unknown;
  readonly images: Float32Array;
}

/** Several attacks one after the other, each on those who withstood the ones before. */
function sequence(stages: readonly AnyMethod[]): Method<SequenceState> {
  const ends = stages.map((_, i) => stages.slice(0, i + 1).reduce((sum, { steps }) => sum + steps, 0));
  const openStage = async (stage: number, began: number, batch: Batch, ask: Parameters<AnyMethod['open']>[1]) => ({
    stage,
    began,
    inner: await stages[stage].open(batch, ask),
    images: batch.images,
  });
  return {
    steps: ends[ends.length - 1],
    images: ({ images }) => images,
    open: (batch, ask) => openStage(0, 1, batch, ask),
    step: async (before, context) => {
      const { batch, step, rows, ask } = context;
      const isOver = step > ends[before.stage];
      const current = isOver ? await openStage(before.stage + 1, step, batch, ask) : before;
      const method = stages[current.stage];
      const outcome = await method.step(current.inner, { ...context, step: step - current.began + 1 });
      const latest = await method.images(outcome.state);
      // Rows that an earlier stage broke keep the image that broke them.
      const images = before.images.slice();
      const pixels = ask.pixels;
      for (const row of rows) images.set(latest.subarray(row * pixels, (row + 1) * pixels), row * pixels);
      return { ...outcome, state: { ...current, inner: outcome.state, images } };
    },
  };
}
