import { averageRestrictedMean, kaplanMeier, type Prediction, restrictedMeanSurvival } from '../../survival/index.ts';
import { limits } from '../claims/wald.ts';
import type { ModelCheck } from '../document.ts';
import type { Condition } from '../rows/rows.ts';
import { conditionsWhere, profiles, restrict, toSurvivalTable } from '../rows/studyTable.ts';
import type { StudyFit } from './survival.ts';

/**
 * Compares the model with the Kaplan-Meier curve, both of the group's rows over all attacks and strengths and with unbroken images
 * censored where their budget ended: the two differ only in what the family of the model assumes. Null where the model does not know
 * all of the group's attacks or has no mean (Cox), or nothing failed.
 */
export function modelCheck(
  { table, modelled, covariates, fitted }: StudyFit,
  of: { readonly dataset: string; readonly model: string; readonly defence: string },
  trainingCost: number,
  horizon: number,
): ModelCheck | null {
  const isOwn = ({ dataset, model, defence }: Condition) =>
    dataset === of.dataset && model === of.model && defence === of.defence;
  const selected = restrict(table, conditionsWhere(table, isOwn));
  const inModel = conditionsWhere(modelled, isOwn);
  if (fitted === null || fitted.kind === 'cox' || inModel.length === 0 || inModel.length < selected.conditions.length)
    return null;
  const { rows, weights } = profiles(modelled, covariates.columns, inModel);
  const byModel = scoreOf(trainingCost, averageRestrictedMean(fitted.fit, rows, horizon, weights));
  const survived = toSurvivalTable(selected);
  const { estimate, standardError } = restrictedMeanSurvival(kaplanMeier(survived), horizon, survived);
  const [lower, upper] = limits({ value: Math.log(estimate), standardError: standardError / estimate }).map(Math.exp);
  const observed = scoreOf(trainingCost, { estimate, lower, upper });
  if (![...Object.values(byModel), ...Object.values(observed)].every(Number.isFinite)) return null;
  const outside = (value: number, { lower, upper }: { lower: number; upper: number }) => value < lower || value > upper;
  return { ...byModel, observed, misfit: outside(byModel.value, observed) && outside(observed.value, byModel) };
}

function scoreOf(cost: number, { estimate, lower, upper }: Pick<Prediction, 'estimate' | 'lower' | 'upper'>) {
  return { value: cost / estimate, lower: cost / upper, upper: cost / lower };
}
