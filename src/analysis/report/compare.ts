import { InputError } from '../../engine/errors.ts';
import { canonicalJson } from '../study/identity.ts';
import { describeTrial, labelsOf } from '../study/label.ts';
import type { Study } from '../study/schema.ts';
import type { FinishedTrial } from '../study/trial.ts';
import { buildReport, type ReportedStudy } from './build.ts';
import { limits, pOf, ratioPart, type Wald } from './claims/wald.ts';
import { conditionLabels } from './conditions.ts';
import type { TrashLine } from './report.ts';
import { conditionOf, type FinishedAttack, isAttack, type SurvivalRow, survivalRows } from './rows.ts';
import { studyTable } from './studyTable.ts';
import { fitStudy } from './survival.ts';

/** A run to be compared. */
export interface ComparedRun {
  readonly name: string;
  readonly study: Study;
  readonly finished: readonly FinishedTrial[];
}

/** A figure with its 95 % limits. */
export interface Difference {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
  readonly p: number;
}

/** Several runs side by side; differences are those of each other run against the first, which has null. */
export interface Comparison {
  readonly runs: readonly string[];
  /** Attack trials that are in all runs, and how many each has. */
  readonly common: number;
  readonly attacks: readonly number[];
  /** Of each run: accuracy after attacks less that of the first, over the same images. */
  readonly accuracy: readonly (Difference | null)[];
  /** Of each run: factor on the time to failure against the first, all else equal; also null where no model could be fitted. */
  readonly survival: readonly (Difference | null)[];
  readonly trials: readonly ComparedTrial[];
  readonly trash: readonly ComparedTrash[];
}

/** One attack that is in all runs. */
export interface ComparedTrial {
  readonly id: string;
  readonly trial: string;
  /** Of each run. */
  readonly accuracy: readonly number[];
  readonly difference: readonly (Difference | null)[];
}

/** The score of one model and defence in each run that has it. */
export interface ComparedTrash {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
  readonly scores: readonly (Pick<TrashLine, 'value' | 'lower' | 'upper'> | null)[];
  /** Score over that of the first run, the two intervals counting as independent. */
  readonly ratio: readonly (Difference | null)[];
}

/**
 * Compares runs by the trials that are in all of them: equal configurations, so that every image met the same attack.
 * @throws InputError fewer than two runs, or no attack in all of them
 */
export function compareRuns(runs: readonly ComparedRun[]): Comparison {
  if (runs.length < 2) throw new InputError('compare: give the folders of two runs at least');
  const attacks = runs.map(({ finished }) => finished.filter(isAttack));
  const byId = attacks.map((own) => new Map(own.map((attack) => [attack.id, attack])));
  const common = attacks[0].filter(({ id }) => byId.every((own) => own.has(id)));
  if (common.length === 0)
    throw new InputError(
      `compare: no attack is in all of ${runs.map(({ name }) => name).join(', ')}; their configurations differ everywhere`,
    );
  const same = byId.map((own) => common.map(({ id }) => own.get(id)!));
  const labels = labelsOf(runs[0].study);
  return {
    runs: runs.map(({ name }) => name),
    common: common.length,
    attacks: attacks.map(({ length }) => length),
    accuracy: same.map((own, k) => (k === 0 ? null : pairedDifference(same[0], own))),
    survival: same.map((own, k) => (k === 0 ? null : timeRatio(runs[0].study, same[0], own))),
    trials: common.map((first, index) => ({
      id: first.id,
      trial: describeTrial(first.trial, labels),
      accuracy: same.map((own) => own[index].result.robustAccuracy),
      difference: same.map((own, k) => (k === 0 ? null : pairedDifference([first], [own[index]]))),
    })),
    trash: comparedTrash(runs),
  };
}

const told = (wald: Wald): Difference => {
  const [lower, upper] = limits(wald);
  return { estimate: wald.value, lower, upper, p: wald.standardError > 0 ? pOf(wald) : wald.value === 0 ? 1 : 0 };
};

/** Accuracy after attacks in the second less that in the first; its variance is that over images, each met by many attacks. */
function pairedDifference(first: readonly FinishedAttack[], second: readonly FinishedAttack[]): Difference {
  const clusters = new Map<string, { sum: number; count: number }>();
  let [sum, count] = [0, 0];
  first.forEach(({ trial, result }, index) => {
    const other = new Map(second[index].result.records.map((record) => [record.sample, record]));
    for (const record of result.records) {
      const twin = other.get(record.sample);
      if (twin === undefined) continue;
      const holds = ({ misclassifiedBefore, success }: typeof record) => Number(!misclassifiedBefore && !success);
      const difference = holds(twin) - holds(record);
      const key = `${canonicalJson(trial.train.data)}:${trial.seed}:${record.sample}`;
      const own = clusters.get(key) ?? { sum: 0, count: 0 };
      clusters.set(key, { sum: own.sum + difference, count: own.count + 1 });
      sum += difference;
      count++;
    }
  });
  const mean = sum / count;
  let variance = 0;
  for (const own of clusters.values()) variance += ((own.sum - mean * own.count) / count) ** 2;
  return told({ value: mean, standardError: Math.sqrt(variance) });
}

/** The time ratio of the second run against the first from one model of both; null where none can be fitted. */
function timeRatio(
  study: ReportedStudy,
  first: readonly FinishedAttack[],
  second: readonly FinishedAttack[],
): Difference | null {
  const labels = conditionLabels(
    first.map(({ trial }) => trial.train),
    labelsOf(study),
  );
  const isSecond = new Set<SurvivalRow['condition']>();
  const rowsOf = (attacks: readonly FinishedAttack[], mark: boolean) =>
    attacks.flatMap((attack) => {
      const condition = conditionOf(attack, labels);
      if (mark) isSecond.add(condition);
      return survivalRows(attack, condition, study.survival.encoding);
    });
  const table = studyTable([...rowsOf(first, false), ...rowsOf(second, true)], study.survival.clock);
  const run = ['run', (condition: SurvivalRow['condition']) => Number(isSecond.has(condition))] as const;
  const { fit } = fitStudy(table, study.survival, [run]);
  const line = fit?.coefficients.find(({ name }) => name === 'run');
  if (line === undefined) return null;
  const { estimate, lower, upper, p } = ratioPart('', { value: line.coefficient, standardError: line.standardError });
  return { estimate, lower, upper, p: p ?? line.p };
}

function comparedTrash(runs: readonly ComparedRun[]): ComparedTrash[] {
  const unknown = { configuration: null, made: { outlast: '', node: '', webgpu: '', system: '' } };
  const scores = runs.map(({ finished, study }) => {
    const { trash } = buildReport(finished, study, { ...unknown, planned: finished.length }).report;
    return new Map(trash.map((line) => [canonicalJson([line.dataset, line.model, line.defence]), line]));
  });
  const keys = [...new Set(scores.flatMap((own) => [...own.keys()]))];
  return keys.map((key) => {
    const lines = scores.map((own) => own.get(key) ?? null);
    const { dataset, model, defence } = lines.find((line) => line !== null)!;
    return {
      dataset,
      model,
      defence,
      scores: lines.map((line) => line && { value: line.value, lower: line.lower, upper: line.upper }),
      ratio: lines.map((line, k) => (k === 0 ? null : ratioOf(lines[0], line))),
    };
  });
}

function ratioOf(first: TrashLine | null, second: TrashLine | null): Difference | null {
  const [one, other] = [logarithm(first), logarithm(second)];
  if (one === null || other === null) return null;
  const wald = { value: other.value - one.value, standardError: Math.hypot(one.standardError, other.standardError) };
  const { estimate, lower, upper, p } = ratioPart('', wald);
  return { estimate, lower, upper, p: p ?? 1 };
}

/** 97.5 % quantile of the normal distribution, which both limits lie away. */
const LIMIT = 1.959963984540054;

function logarithm(line: TrashLine | null): Wald | null {
  const { value, lower, upper } = line ?? { value: null, lower: null, upper: null };
  if (value === null || lower === null || upper === null) return null;
  return { value: Math.log(value), standardError: Math.log(upper / lower) / (2 * LIMIT) };
}
