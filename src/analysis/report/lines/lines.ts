import { groupBy } from '../../../base/groupBy.ts';
import { describeNetwork } from '../../../models/index.ts';
import { type AttackTrial, canonicalJson, isStoredModel } from '../../study/index.ts';
import type { AttackLine, ModelLine } from '../document.ts';
import type { ConditionLabels } from '../rows/conditions.ts';
import type { FinishedAttack, FinishedTraining } from '../rows/finished.ts';
import type { Condition } from '../rows/rows.ts';

/** One line for each trained model and defence; a training without finished attacks still has its own. */
export function modelLines(
  trainings: readonly FinishedTraining[],
  attacks: readonly FinishedAttack[],
  trainingOf: (trial: AttackTrial) => FinishedTraining | undefined,
  labels: ConditionLabels,
): ModelLine[] {
  const attacked = groupBy(attacks, ({ trial }) => canonicalJson([trial.train, trial.defence])).flatMap(([first]) => {
    const training = trainingOf(first.trial);
    return training ? [{ training, defence: first.trial.defence, accuracy: first.result.testAccuracy }] : [];
  });
  const seen = new Set(attacked.map(({ training }) => training));
  const alone = trainings
    .filter((training) => !seen.has(training))
    .map((training) => ({ training, defence: training.trial.defence, accuracy: training.result.accuracy }));
  return [...attacked, ...alone].map(({ training: { trial, result }, defence, accuracy }) => ({
    model: labels.trained(trial),
    dataset: labels.dataset(trial.data),
    precision: trial.model.precision,
    defence: labels.defence(defence),
    seed: trial.seed,
    accuracy,
    ...trainingFigures(trial, result),
    predictSeconds: result.predictSecondsPerSample,
    parameters: result.parameters,
    network: result.network ?? describeNetwork({ ...trial.model }),
    configuration: trial.model,
    trainingConfiguration: trial.training,
    defenceConfiguration: defence,
  }));
}

/** What a training took; of one that was not seen, what the study states. */
function trainingFigures(
  { model }: FinishedTraining['trial'],
  { trainSeconds, trainSamples, trainFlops, compileSeconds }: FinishedTraining['result'],
): Pick<ModelLine, 'trainSeconds' | 'trainSamples' | 'trainFlops' | 'compileSeconds'> {
  if (!isStoredModel(model)) return { trainSeconds, trainSamples, trainFlops, compileSeconds };
  const { seconds = null, samples = null } = model.cost ?? {};
  return { trainSeconds: seconds, trainSamples: samples, trainFlops: null, compileSeconds: null };
}

/** What an attack trial came to. */
export function attackLine({ trial, result }: FinishedAttack, condition: Condition): AttackLine {
  const right = result.records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
  const { dataset, precision, family, network, depth, model, defence, attack, norm, eps, pixels, seed } = condition;
  return {
    dataset,
    precision,
    family,
    network,
    depth,
    model,
    defence,
    attack,
    norm,
    eps,
    pixels,
    seed,
    cleanAccuracy: result.cleanAccuracy,
    robustAccuracy: result.robustAccuracy,
    samples: result.records.length,
    misclassifiedBefore: result.records.length - right.length,
    failures: right.filter(({ success }) => success).length,
    failuresAfterRounding: right.filter(({ successAfterRounding }) => successAfterRounding).length,
    warnings: result.warnings,
    configuration: trial.attack,
  };
}
