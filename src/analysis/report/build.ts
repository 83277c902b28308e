import { InputError } from '../../base/errors.ts';
import { maskingWarnings } from '../robustness/index.ts';
import {
  type AttackTrial,
  canonicalJson,
  costClock,
  type FinishedTrial,
  labelsOf,
  type Study,
  type TrainResult,
  type TrainTrial,
} from '../study/index.ts';
import { attackBenchFiles } from './attackBenchFiles.ts';
import { testClaims } from './claims/claims.ts';
import type { Versions } from './document.ts';
import { assumptionsOf } from './evidence/assumptions.ts';
import { controlLines, controlWarnings } from './evidence/control.ts';
import { studyDiagnostics } from './evidence/masking.ts';
import { standardLines } from './evidence/standards.ts';
import { accuracyLines } from './lines/accuracy.ts';
import { precisionAgreements } from './lines/agreement.ts';
import { calibrationCurve } from './lines/calibration.ts';
import { costLines } from './lines/cost.ts';
import { distanceLines } from './lines/distances.ts';
import { factorCurves, survivalCurves } from './lines/kaplanMeier.ts';
import { attackLine, modelLines } from './lines/lines.ts';
import { partialEffects } from './lines/partialEffects.ts';
import { pictureLines } from './lines/pictures.ts';
import { protocolLines } from './lines/protocol.ts';
import { fitStudy, survivalSection } from './lines/survival.ts';
import { trashLines } from './lines/trash.ts';
import { trashWarnings } from './lines/trashWarnings.ts';
import { runWarnings } from './lines/warnings.ts';
import type { Report } from './report.ts';
import { calibratedSeconds } from './rows/calibratedSeconds.ts';
import { studyClocks } from './rows/clocks.ts';
import { conditionLabels, distinct } from './rows/conditions.ts';
import { type DistanceRow, distanceRows } from './rows/distances.ts';
import { type FinishedTraining, isAttack, isControl, isTraining } from './rows/finished.ts';
import { conditionOf, type SurvivalRow, survivalRows } from './rows/rows.ts';
import { conditionsWhere, restrict, studyTable } from './rows/studyTable.ts';

/** What of a study its report needs. */
export type ReportedStudy = Pick<
  Study,
  'name' | 'data' | 'models' | 'trainings' | 'defences' | 'attacks' | 'samples' | 'seeds' | 'survival' | 'prices'
>;

/** What is told of a report beside its trials. */
export interface ReportOrigin {
  /** How many trials there should be. */
  readonly planned: number;
  /** The study file as plain data. */
  readonly configuration: unknown;
  readonly made: Versions;
}

/** A report, and the survival table that it was made from. */
export interface BuiltReport {
  readonly report: Report;
  readonly rows: readonly SurvivalRow[];
  /** How far each image must move; empty unless the study's clock is distance. */
  readonly distances: readonly DistanceRow[];
  /** Files that attackbenchlib reads, by name; empty unless the study is run by AttackBench's protocol. */
  readonly attackBench: Readonly<Record<string, string>>;
}

/**
 * Everything the report says about the finished trials of a study. Depends on them and its origin only: the same trials
 * give the same report.
 * @throws InputError none is finished
 */
export function buildReport(
  finished: readonly FinishedTrial[],
  study: ReportedStudy,
  { planned, ...origin }: ReportOrigin,
): BuiltReport {
  if (finished.length === 0)
    throw new InputError(`study ${study.name}: no trial is finished, so there is nothing to report`);
  const trainings = finished.filter(isTraining);
  const attacks = finished.filter(isAttack);
  const noise = finished.filter(isControl);
  const trained = distinct([...trainings.map(({ trial }) => trial), ...attacks.map(({ trial }) => trial.train)]);
  const trainingOf = trainingsByTrial(trainings);
  const labels = conditionLabels(trained, labelsOf(study));

  const conditions = attacks.map((attack) => conditionOf(attack, labels, trainingOf(attack.trial)?.result));
  const attackLines = attacks.map((attack, index) => attackLine(attack, conditions[index]));
  const misclassifiedBefore = attackLines.reduce((sum, line) => sum + line.misclassifiedBefore, 0);
  const { encoding, horizon } = study.survival;
  const clock = costClock(study.survival.clock);
  const clocks = studyClocks(clock, trainings, attacks, calibratedSeconds(finished));
  const wall = clocks.find((one) => one.clock === 'seconds');
  const rows = attacks.flatMap((attack, index) => survivalRows(attack, conditions[index], encoding, wall));
  const table = studyTable(rows, clock);
  const pooled = fitStudy(table, study.survival);
  const names = [...new Set(conditions.map(({ dataset }) => dataset))];
  const dataSets = names.map((dataset) => ({
    dataset,
    fitted:
      names.length === 1
        ? pooled
        : fitStudy(
            restrict(
              table,
              conditionsWhere(table, (condition) => condition.dataset === dataset),
            ),
            study.survival,
          ),
    misclassifiedBefore: attackLines
      .filter((line) => line.dataset === dataset)
      .reduce((sum, line) => sum + line.misclassifiedBefore, 0),
  }));
  const attacked = attacks.map((attack, index) => ({
    attack,
    condition: conditions[index],
    training: trainingOf(attack.trial),
  }));
  const fitOf = (name: string) => dataSets.find(({ dataset }) => dataset === name)?.fitted ?? pooled;
  const trash = trashLines(attacked, { clocks, encoding, horizon, prices: study.prices, fitOf });
  const distances = study.survival.clock === 'distance' ? distanceRows(attacked) : [];
  const models = modelLines(trainings, attacks, trainingOf, labels);
  const assumptions = assumptionsOf(attacked);
  const controls = controlLines(attacked, noise);
  const masking = studyDiagnostics([...attacks, ...noise], labels);
  const report: Report = {
    study: study.name,
    adapter: finished[0].adapter,
    data: distinct(trained.map(({ data }) => data)),
    trainings: distinct(trained.flatMap(({ training }) => training ?? [])),
    samples: study.samples,
    seeds: study.seeds,
    trials: { finished: finished.length, planned },
    finishedAt: finished.reduce((latest, { finishedAt }) => (finishedAt > latest ? finishedAt : latest), ''),
    ...origin,
    claims: testClaims({ study: pooled, attacks, conditions, trash, models, encoding }),
    models,
    attacks: attackLines,
    accuracy: accuracyLines(attackLines),
    survival: survivalSection(pooled, study.survival, misclassifiedBefore),
    dataSets:
      dataSets.length === 1
        ? []
        : dataSets.map(({ dataset, fitted, misclassifiedBefore: wrong }) => ({
            dataset,
            survival: survivalSection(fitted, study.survival, wrong),
          })),
    kaplanMeier: survivalCurves(pooled),
    kaplanMeierBy: factorCurves(pooled),
    distances: distanceLines(distances, attacked, pooled, study.survival),
    protocol: protocolLines(attacked),
    partialEffects: partialEffects(pooled),
    calibration: calibrationCurve(pooled),
    trash,
    costs: costLines(trash),
    precisions: precisionAgreements(attacks),
    pictures: pictureLines(attacks, conditions),
    prices: study.prices,
    controls,
    masking,
    assumptions,
    standards: standardLines(assumptions),
    warnings: [
      ...runWarnings(finished, planned, attacks, labelsOf(study)),
      ...maskingWarnings(masking),
      ...controlWarnings(controls),
      ...trashWarnings(trash),
    ],
  };
  return { report, rows, distances, attackBench: attackBenchFiles(attacked) };
}

/** The finished training that an attack starts from. */
function trainingsByTrial(
  trainings: readonly FinishedTraining[],
): (trial: AttackTrial) => FinishedTrial<TrainTrial, TrainResult> | undefined {
  const byTrial = new Map(trainings.map((training) => [canonicalJson(training.trial), training]));
  return (trial) => byTrial.get(canonicalJson(trial.train));
}
