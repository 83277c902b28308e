import { groupBy } from '../../../base/groupBy.ts';
import { type AttackTrial, canonicalJson } from '../../study/index.ts';
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
    trainSeconds: result.trainSeconds,
    trainSamples: result.trainSamples,
    trainFlops: result.trainFlops,
    compileSeconds: result.compileSeconds,
    predictSeconds: result.predictSecondsPerSample,
    parameters: result.parameters,
    configuration: trial.model,
    trainingConfiguration: trial.training,
    defenceConfiguration: defence,
  }));
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
