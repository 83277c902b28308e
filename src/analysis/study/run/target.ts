import { type Dataset, labelsAt, release, type Split, toFloat, upload } from '../../../models/index.ts';
import { type Certificate, type Classifier, createClassifier, defenceOf, noDefence } from '../../robustness/index.ts';
import type { AttackTrial } from '../trial/trial.ts';
import type { TrialContext } from './machine.ts';
import { openTrained } from './storedModel.ts';
import { dividedFor, shapeOf } from './trialData.ts';
import type { TrialResources } from './trialResources.ts';

/** A trained model under a defence, kept on the device while attacks on it follow one another. */
export interface Target {
  readonly key: string;
  readonly classifier: Classifier;
  readonly undefended: Classifier;
  /** Certificates of a randomised smoothing, by the samples: attacks on a target share them. */
  readonly certificates: Map<string, readonly Certificate[]>;
  readonly classes: number;
  readonly test: Split;
  /** Accuracy of the defended model on the whole test split. */
  readonly testAccuracy: number;
  free(): void;
}

/**
 * Opens the target of an attack: reads what its training left, and measures the defended model's accuracy.
 * @param key what tells the target from others
 * @throws InputError when the checkpoint holds another network than the trial's
 */
export async function openTarget(
  resources: TrialResources,
  trial: AttackTrial,
  { training, report }: TrialContext,
  whole: Dataset,
  key: string,
): Promise<Target> {
  if (training === null) throw new Error('an attack trial was given no training');
  const { device } = resources;
  const { dataset } = dividedFor(trial.train, whole);
  const { result } = training.finished;
  const file = `${training.folder}/${result.checkpoint}`;
  const { model, weights: host } = await openTrained(resources, trial.train.model, file);
  const defence = defenceOf(trial.defence);
  const shape = shapeOf(dataset);
  const weights = upload(device, model, host);
  const { expectationSamples } = trial.attack;
  const { seed } = trial.train;
  const classifier = createClassifier(device, model, weights, { shape, defence, seed, expectationSamples });
  const undefended = createClassifier(device, model, weights, { shape, defence: noDefence });
  const free = () => {
    classifier.free();
    undefended.free();
    release(weights);
  };
  try {
    const changed = defence.preprocess !== undefined || defence.postprocess !== undefined;
    const testAccuracy = changed ? await defendedAccuracy(classifier, dataset.test, report) : result.accuracy;
    const { classes, test } = dataset;
    return { key, classifier, undefended, certificates: new Map(), classes, test, testAccuracy, free };
  } catch (error) {
    free();
    throw error;
  }
}

/** Images that are shown at once to measure a defended model's accuracy. */
const SHOWN_AT_ONCE = 250;

/** Share of a split that a defended model classifies rightly. */
async function defendedAccuracy(classifier: Classifier, split: Split, report: TrialContext['report']): Promise<number> {
  let right = 0;
  for (let first = 0; first < split.count; first += SHOWN_AT_ONCE) {
    const chosen = Array.from({ length: Math.min(SHOWN_AT_ONCE, split.count - first) }, (_, i) => first + i);
    const predicted = await classifier.predict(toFloat(split, chosen));
    const labels = labelsAt(split, chosen);
    right += predicted.reduce((sum, label, i) => sum + Number(label === labels[i]), 0);
    report({ done: first + chosen.length, total: split.count, unit: 'images', note: 'test split, defended' });
  }
  return right / split.count;
}
