import { InputError } from '../../engine/errors.ts';
import type { Clock, PricesSpec } from '../study/schema.ts';
import type { TrainResult } from '../study/trial.ts';
import type { SurvivalTable } from '../survival/index.ts';
import { costPerSample, pricedTrash, type TrashScore, trashScore, trashScoreWithoutModel } from '../trash.ts';
import type { MoneyLine, TrashLine } from './report.ts';
import { conditionsWhere, profiles, restrict, toSurvivalTable } from './studyTable.ts';
import type { StudyFit } from './survival.ts';

/** What training cost by a clock: its wall seconds, the images shown to the model, or its floating-point operations. */
export function trainingCost(result: TrainResult, clock: Clock): number {
  switch (clock) {
    case 'seconds':
      return result.trainSeconds;
    case 'queries':
      return result.trainQueries ?? result.trainSamples * result.epochs.length;
    case 'flops':
      return result.trainFlops;
  }
}

/** A model under a defence. */
export interface Configuration {
  readonly dataset: string;
  readonly model: string;
  readonly defence: string;
}

/** The TRASH of one model under one defence, whose `trainings` (one a seed) have been finished. @param study the model of its data set */
export function trashLine(
  { table, modelled, covariates, fit }: StudyFit,
  of: Configuration,
  trainings: readonly TrainResult[],
  prices: PricesSpec | null,
): TrashLine {
  const costs = trainings.map((result) => costPerSample(trainingCost(result, table.clock), result.trainSamples));
  const trainingCostPerSample = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const isOwn = ({ dataset, model, defence }: Configuration) =>
    dataset === of.dataset && model === of.model && defence === of.defence;
  const own = restrict(table, conditionsWhere(table, isOwn));
  if (own.durations.length === 0) return emptyLine(of, trainingCostPerSample, 'no attacked samples');
  const inModel = conditionsWhere(modelled, isOwn);
  // Only a model that knows all of its attacks speaks for it.
  const score =
    fit && inModel.length === own.conditions.length
      ? trashScore(fit, { trainingCostPerSample, ...profiles(modelled, covariates.columns, inModel) })
      : null;
  const withoutModel = scoreOrReason(toSurvivalTable(own), trainingCostPerSample, fit?.lastObservedTime);
  if (typeof withoutModel === 'string') return emptyLine(of, trainingCostPerSample, withoutModel);
  const chosen = score ?? withoutModel;
  if (![chosen.score, chosen.lower, chosen.upper].every(Number.isFinite)) {
    return emptyLine(of, trainingCostPerSample, 'the interval has no end: too few failures');
  }
  return {
    ...of,
    value: chosen.score,
    lower: chosen.lower,
    upper: chosen.upper,
    basis: score === null ? 'kaplan-meier' : 'model',
    kaplanMeier: { value: withoutModel.score, lower: withoutModel.lower, upper: withoutModel.upper },
    trainCostPerSample: trainingCostPerSample,
    meanTimeToFailure: chosen.expectedTime.estimate,
    horizon: chosen.horizon,
    money: prices && moneyLine(chosen, prices),
    note: null,
  };
}

const SECONDS_PER_HOUR = 3600;

function moneyLine(score: TrashScore, { currency, training, attack }: PricesSpec): MoneyLine {
  const priced = pricedTrash(score, {
    currency,
    training: training / SECONDS_PER_HOUR,
    attack: attack / SECONDS_PER_HOUR,
  });
  return {
    trainingCost: priced.trainingCost,
    breakingCost: priced.breakingCost.estimate,
    breakingCostLower: priced.breakingCost.lower,
    breakingCostUpper: priced.breakingCost.upper,
    value: priced.score,
    lower: priced.lower,
    upper: priced.upper,
  };
}

function scoreOrReason(table: SurvivalTable, trainingCostPerSample: number, horizon?: number): TrashScore | string {
  try {
    return trashScoreWithoutModel(table, { trainingCostPerSample, horizon });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

function emptyLine(of: Configuration, trainCostPerSample: number, note: string): TrashLine {
  return {
    ...of,
    value: null,
    lower: null,
    upper: null,
    basis: null,
    kaplanMeier: null,
    trainCostPerSample,
    meanTimeToFailure: null,
    horizon: null,
    money: null,
    note,
  };
}
