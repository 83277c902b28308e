import { defineSurvivalModel } from '../defineModel.ts';
import { fitCox } from './cox.ts';

export const coxModel = defineSurvivalModel({
  name: 'cox',
  title: 'Cox proportional hazards model',
  source: 'R coxph; lifelines CoxPHFitter',
  ratio: 'hazard ratio',
  baseline: 'none',
  baselineCoefficients: 0,
  parameters: { ties: 'how equal times are taken', strata: 'a baseline hazard for each value' },
  noMean: 'it knows hazards only relative to each other, and nothing after the last failure',
  auto: false,
  fit: (table, { ancillary: _, breakpoints: __, ...options }) => ({ kind: 'cox', fit: fitCox(table, options) }),
});
