import { InputError } from '../../engine/errors.ts';
import type { Clock, PricesSpec } from '../study/schema.ts';
import type { TrainResult } from '../study/trial.ts';
import { covariateRows, type SurvivalTable, selectRows } from '../survival/index.ts';
import { costPerSample, pricedTrash, type TrashScore, trashScore, trashScoreWithoutModel } from '../trash.ts';
import type { MoneyLine, TrashLine } from './report.ts';
import type { StudyFit } from './survival.ts';

/** What training cost by a clock: its wall seconds, the images shown to the model, or its floating-point operations. */
export function trainingCost(result: TrainResult, clock: Clock): number {
  switch (clock) {
    case 'seconds':
      return result.trainSeconds;
    case 'queries':
      return result.trainSamples * result.epochs.length;
    case 'flops':
      return result.trainFlops;
  }
}

/** The TRASH of one model under one defence, whose `trainings` (one a seed) have been finished. */
export function trashLine(
  { rows, table, fit, clock }: StudyFit,
  { model, defence }: { readonly model: string; readonly defence: string },
  trainings: readonly TrainResult[],
  prices: PricesSpec | null,
): TrashLine {
  const costs = trainings.map((result) => costPerSample(trainingCost(result, clock), result.trainSamples));
  const trainingCostPerSample = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  const own = table && selectRows(table, (index) => rows[index].model === model && rows[index].defence === defence);
  if (own === null || own.rows === 0) return emptyLine(model, defence, trainingCostPerSample, 'no attacked samples');
  const score = fit && trashScore(fit, { trainingCostPerSample, rows: covariateRows(own) });
  const withoutModel = scoreOrReason(own, trainingCostPerSample, fit?.lastObservedTime);
  if (typeof withoutModel === 'string') return emptyLine(model, defence, trainingCostPerSample, withoutModel);
  const chosen = score ?? withoutModel;
  if (![chosen.score, chosen.lower, chosen.upper].every(Number.isFinite)) {
    return emptyLine(model, defence, trainingCostPerSample, 'the interval has no end: too few failures');
  }
  return {
    model,
    defence,
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

function emptyLine(model: string, defence: string, trainCostPerSample: number, note: string): TrashLine {
  return {
    model,
    defence,
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
