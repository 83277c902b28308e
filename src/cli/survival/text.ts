import { count, fixed, interval, number, percent, pValue } from '../../analysis/report/format.ts';
import type { FittedModel, ModelCoefficient, Performance } from '../../analysis/survival/index.ts';
import { summarise } from '../../analysis/survival/index.ts';

/** Lines of cells as text with aligned columns: the first to the left, the others to the right. */
export function aligned(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
}

export const TITLES: Readonly<Record<FittedModel['name'], string>> = {
  weibull: 'Weibull accelerated failure time model',
  exponential: 'Exponential accelerated failure time model',
  'log-normal': 'Log-normal accelerated failure time model',
  'log-logistic': 'Log-logistic accelerated failure time model',
  'generalised-gamma': 'Generalised gamma accelerated failure time model',
  'generalised-f': 'Generalised F accelerated failure time model',
  gompertz: 'Gompertz proportional hazards model',
  'piecewise-exponential': 'Piecewise exponential proportional hazards model',
  cox: 'Cox proportional hazards model',
};

/** What exp(coef) of the first parameter's covariates is. */
export function ratioName(model: FittedModel): 'time ratio' | 'hazard ratio' {
  return model.kind === 'parametric' && model.fit.distribution.acceleratedFailureTime ? 'time ratio' : 'hazard ratio';
}

/** Whether exp(coef) of a line is a ratio: a covariate of the parameter that covariates act on. */
export function isRatio(model: FittedModel, line: ModelCoefficient): boolean {
  const main = model.kind === 'cox' ? 'hazard' : model.fit.blocks[0].parameter;
  return line.parameter === main && line.covariate !== 'Intercept';
}

/** A fitted model, in the manner of R's `summary`. */
export function describeModel(model: FittedModel): string[] {
  const { coefficients, n, events, scale, concordance } = summarise(model);
  const { fit } = model;
  const level = percent(fit.confidenceLevel, 0).replace(' ', '');
  const head = ['', 'coef', ratioName(model), 'se', 'z', 'p', `${level} interval of coef`];
  const lines = coefficients.map((line) => [
    lineName(model, line),
    number(line.coef, 4),
    isRatio(model, line) ? number(Math.exp(line.coef), 4) : '',
    number(line.se, 3),
    fixed(line.z, 2),
    pValue(line.p),
    interval(line.lower, line.upper, 4),
  ]);
  const errors = fit.covarianceKind === 'robust' ? '; robust standard errors' : '';
  const ties = model.kind === 'cox' ? `; ${model.fit.ties} ties` : '';
  const bic = model.kind === 'cox' ? 'BIC (log events)' : 'BIC';
  const tests = [`likelihood ratio ${testText(fit.likelihoodRatio)}`, `Wald ${testText(fit.wald)}`];
  return [
    TITLES[model.name],
    `n = ${count(n)}, events = ${count(events)} (${percent(events / n)})${ties}${errors}`,
    '',
    ...aligned([head, ...lines]),
    '',
    ...(scale === null ? [] : [`Scale: ${number(scale, 4)}`]),
    `Log likelihood: ${fixed(fit.logLikelihood, 3)} (without covariates ${fixed(fit.nullLogLikelihood, 3)})`,
    ...(fit.likelihoodRatio.degreesOfFreedom > 0 ? [`Against no covariates: ${tests.join('; ')}`] : []),
    `AIC ${fixed(fit.aic, 2)}, ${bic} ${fixed(fit.bic, 2)}, concordance ${concordance === null ? '–' : fixed(concordance, 4)}`,
  ];
}

function lineName(model: FittedModel, { parameter, covariate }: ModelCoefficient): string {
  if (model.kind === 'cox') return covariate;
  const index = model.fit.blocks.findIndex((block) => block.parameter === parameter);
  const { link } = model.fit.blocks[index];
  const shown = link === 'log' ? `log(${parameter})` : parameter;
  if (index === 0) return covariate === 'Intercept' ? `Intercept (${shown})` : covariate;
  return covariate === 'Intercept' ? shown : `${shown}: ${covariate}`;
}

function testText({ statistic, degreesOfFreedom, p }: FittedModel['fit']['wald']): string {
  return `χ² = ${number(statistic, 4)} on ${degreesOfFreedom} df, p ${pText(p)}`;
}

function pText(p: number): string {
  const text = pValue(p);
  return text.startsWith('<') ? text : `= ${text}`;
}

/** The models side by side, the lowest AIC first; Cox's stands apart, as its likelihood is a partial one. */
export function rankModels(models: readonly FittedModel[]): string[] {
  const sorted = [...models].sort(
    (a, b) => Number(a.kind === 'cox') - Number(b.kind === 'cox') || a.fit.aic - b.fit.aic,
  );
  const lines = sorted.map((model) => [
    model.name,
    model.kind === 'cox' ? '(partial)' : fixed(model.fit.logLikelihood, 3),
    model.kind === 'cox' ? '–' : fixed(model.fit.aic, 2),
    model.kind === 'cox' ? '–' : fixed(model.fit.bic, 2),
    model.fit.concordance === null ? '–' : fixed(model.fit.concordance, 4),
  ]);
  return ['Models, the lowest AIC first', ...aligned([['', 'log likelihood', 'AIC', 'BIC', 'concordance'], ...lines])];
}

/** How well a model predicts its training rows, and held-out rows where there are any. */
export function describePerformance(train: Performance, held: Performance | null): string[] {
  const figure = (value: number | null) => (value === null ? '–' : fixed(value, 4));
  const line = (name: string, part: Performance) => [
    name,
    count(part.samples),
    figure(part.concordance),
    figure(part.logLikelihood),
    figure(part.ici),
    figure(part.e50),
    figure(part.e90),
  ];
  const head = ['', 'n', 'concordance', 'log likelihood per sample', 'ICI', 'E50', 'E90'];
  const rows = held === null ? [line('all rows', train)] : [line('training', train), line('test', held)];
  return [`Prediction; calibration of P(T ≤ ${number(train.time, 4)})`, ...aligned([head, ...rows])];
}
