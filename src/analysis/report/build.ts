import type { AdapterDescription } from '../../engine/device.ts';
import { InputError } from '../../engine/errors.ts';
import { attackKind } from '../attacks/parameters.ts';
import { type Evaluated, evaluationWarnings } from '../sanity.ts';
import { expand } from '../study/expand.ts';
import { canonicalJson } from '../study/identity.ts';
import { describeTrial, type Labels, labelsOf } from '../study/label.ts';
import type { Study } from '../study/schema.ts';
import { epsOf, normOf, pixelsOf } from '../study/strength.ts';
import type { AttackTrial, FinishedTrial, TrainResult, TrainTrial } from '../study/trial.ts';
import { groupBy } from './groupBy.ts';
import { survivalCurves } from './kaplanMeier.ts';
import type { AttackLine, ModelLine, Report } from './report.ts';
import { type FinishedAttack, isAttack, survivalRows } from './rows.ts';
import { fitStudy, survivalSection } from './survival.ts';
import { trashLine } from './trash.ts';

type FinishedTraining = FinishedTrial<TrainTrial, TrainResult>;

/**
 * Everything the report says about the finished trials of a study. Depends on them only: the same trials give the same report.
 * @throws InputError none is finished
 */
export function buildReport(finished: readonly FinishedTrial[], study: Study): Report {
  if (finished.length === 0)
    throw new InputError(`study ${study.name}: no trial is finished, so there is nothing to report`);
  const labels = labelsOf(study);
  const trainings = finished.filter((trial): trial is FinishedTraining => trial.trial.kind === 'train');
  const attacks = finished.filter(isAttack);
  const byTraining = new Map(trainings.map((training) => [canonicalJson(training.trial), training]));
  const trainingOf = (trial: AttackTrial) => byTraining.get(canonicalJson(trial.train));

  const attackLines = attacks.map((attack) => attackLine(attack, labels));
  const misclassifiedBefore = attackLines.reduce((sum, line) => sum + line.misclassifiedBefore, 0);
  const fitted = fitStudy(survivalRows(attacks, labels, study.survival.encoding), study.survival);
  const groups = groupBy(attacks, ({ trial }) => canonicalJson([trial.train.model, trial.defence]));
  const trash = groups.map((group) => {
    const [{ trial }] = group;
    const own = new Set(
      group.map((attack) => trainingOf(attack.trial)?.result).filter((result) => result !== undefined),
    );
    const of = { model: labels.model(trial.train.model), defence: labels.defence(trial.defence) };
    return trashLine(fitted, of, [...own], study.prices);
  });
  const planned = expand(study).length;
  return {
    study: study.name,
    adapter: finished[0].adapter,
    data: study.data,
    training: study.training,
    samples: study.samples,
    seeds: study.seeds,
    trials: { finished: finished.length, planned },
    finishedAt: finished.reduce((latest, { finishedAt }) => (finishedAt > latest ? finishedAt : latest), ''),
    models: modelLines(trainings, attacks, trainingOf, labels),
    attacks: attackLines,
    survival: survivalSection(fitted, study.survival, misclassifiedBefore),
    kaplanMeier: survivalCurves(fitted),
    trash,
    prices: study.prices,
    warnings: [
      ...warningsOf(finished, planned, attacks, labels),
      ...evaluationWarnings(attacks.map((each) => evaluated(each, labels))),
    ],
  };
}

/** One line for each trained model and defence; a training without finished attacks still has its own. */
function modelLines(
  trainings: readonly FinishedTraining[],
  attacks: readonly FinishedAttack[],
  trainingOf: (trial: AttackTrial) => FinishedTraining | undefined,
  labels: Labels,
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
    model: labels.model(trial.model),
    dataset: trial.data.name,
    precision: trial.model.precision,
    defence: labels.defence(defence),
    seed: trial.seed,
    accuracy,
    trainSeconds: result.trainSeconds,
    trainSamples: result.trainSamples,
    trainFlops: result.trainFlops,
    compileSeconds: result.compileSeconds,
    parameters: result.parameters,
    configuration: trial.model,
    defenceConfiguration: defence,
  }));
}

function attackLine({ trial, result }: FinishedAttack, labels: Labels): AttackLine {
  const right = result.records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
  return {
    model: labels.model(trial.train.model),
    defence: labels.defence(trial.defence),
    attack: labels.attack(trial.attack),
    norm: normOf(trial.attack),
    eps: epsOf(trial.attack),
    pixels: pixelsOf(trial.attack),
    seed: trial.seed,
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

/** An attack as the checks of the whole evaluation see it. */
function evaluated({ trial, result }: FinishedAttack, labels: Labels): Evaluated {
  const { name, eps: _, th: _counted, epsStep: _step, maxIter, ...settings } = trial.attack;
  const seed = `seed ${trial.seed}`;
  return {
    target: [labels.model(trial.train.model), labels.defence(trial.defence), seed].join(', '),
    attack: labels.attack(trial.attack),
    settings: canonicalJson({ name, ...settings }),
    norm: normOf(trial.attack),
    eps: epsOf(trial.attack),
    steps: maxIter ?? null,
    blackBox: attackKind(name).blackBox,
    samples: result.records.length,
    robustAccuracy: result.robustAccuracy,
  };
}

function warningsOf(
  finished: readonly FinishedTrial[],
  planned: number,
  attacks: readonly FinishedAttack[],
  labels: Labels,
): string[] {
  const warnings: string[] = [];
  if (finished.length < planned) {
    warnings.push(`${planned - finished.length} of ${planned} trials are missing; run the study again to compute them`);
  }
  const adapters = [...new Set(finished.map(({ adapter }) => describeAdapter(adapter)))];
  if (adapters.length > 1) {
    warnings.push(
      `the trials ran on ${adapters.length} adapters (${adapters.join('; ')}): their seconds cannot be compared`,
    );
  }
  const told = attacks.flatMap(({ trial, result }) => result.warnings.map((warning) => ({ trial, warning })));
  // The same warning comes with other numbers from attack to attack; the report's attack lines hold them all.
  for (const alike of groupBy(told, ({ warning }) => warning.replace(/[0-9.]+/g, '#'))) {
    const [{ trial, warning }] = alike;
    const where = describeTrial(trial, labels);
    const others = alike.length > 1 ? `${alike.length} of ${attacks.length} attacks, the first of them ` : '';
    warnings.push(`${others}${where}: ${warning}`);
  }
  return warnings;
}

/** An adapter on one line. */
export function describeAdapter({ name, driver, backend, software }: AdapterDescription): string {
  return `${name}, ${driver}, ${backend}${software ? ', software' : ''}`;
}
