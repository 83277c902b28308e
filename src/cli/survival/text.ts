import {
  type FittedModel,
  type ModelBootstrap,
  type ModelCoefficient,
  type Performance,
  type ProportionalityTest,
  summarise,
  survivalModel,
} from '../../analysis/survival/index.ts';
import { plain } from '../../base/notation.ts';
import { type Line, Table } from '../terminal/table.ts';

const { count, fixed, number, percent, pValue } = plain;

/** Whether exp(coef) of a line is a ratio: a covariate of the parameter that covariates act on. */
export function isRatio(model: FittedModel, line: ModelCoefficient): boolean {
  const main = model.kind === 'cox' ? 'hazard' : model.fit.blocks[0].parameter;
  return line.parameter === main && line.covariate !== 'Intercept';
}

/** What is said of rows that miss a value; nothing where there are none. */
export function leftOut(rows: number): string {
  if (rows === 0) return '';
  return `${rows} ${rows === 1 ? 'row misses a value and is' : 'rows miss a value and are'} left out\n`;
}

/** Headings of the two limits of an interval, as lifelines has them: `lower 95%`. */
export function limitNames(confidenceLevel: number): [string, string] {
  const level = `${Number((100 * confidenceLevel).toPrecision(6))}%`;
  return [`lower ${level}`, `upper ${level}`];
}

/** A fitted model, in the manner of R's `summary`. */
export function describeModel(model: FittedModel): Line[] {
  const { coefficients, n, events, scale, concordance } = summarise(model);
  const { fit } = model;
  const limits = limitNames(fit.confidenceLevel);
  const { title, ratio } = survivalModel(model.name);
  const head = ['', 'coef', 'se', 'z', 'p', ...limits, ratio, ...limits.map((name) => `ratio ${name}`)];
  const lines = coefficients.map((line) => [
    lineName(model, line),
    number(line.coef, 4),
    number(line.se, 3),
    fixed(line.z, 2),
    pValue(line.p),
    ...[line.lower, line.upper].map((limit) => number(limit, 4)),
    ...[line.coef, line.lower, line.upper].map((value) => (isRatio(model, line) ? number(Math.exp(value), 4) : '')),
  ]);
  const errors = fit.covarianceKind === 'robust' ? '; robust standard errors' : '';
  const ties = model.kind === 'cox' ? `; ${model.fit.ties} ties` : '';
  const bic = model.kind === 'cox' ? 'BIC (log events)' : 'BIC';
  const tests = [`likelihood ratio ${testText(fit.likelihoodRatio)}`, `Wald ${testText(fit.wald)}`];
  return [
    title,
    `n = ${count(n)}${fit.rows > n ? ` (in ${count(fit.rows)} rows)` : ''}, events = ${count(events)} (${percent(events / n)})${ties}${errors}`,
    '',
    new Table([head, ...lines]),
    '',
    ...(scale === null ? [] : [`Scale: ${number(scale, 4)}`]),
    `Log likelihood: ${fixed(fit.logLikelihood, 3)} (without covariates ${fixed(fit.nullLogLikelihood, 3)})`,
    ...(fit.likelihoodRatio.degreesOfFreedom > 0 ? [`Against no covariates: ${tests.join('; ')}`] : []),
    `AIC ${fixed(fit.aic, 2)}, ${bic} ${fixed(fit.bic, 2)}, concordance ${fixed(concordance, 4)}`,
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

/** Percentile intervals of a model's coefficients. */
export function describeBootstrap(model: FittedModel, { coefficients, replicates, failed }: ModelBootstrap): Line[] {
  const lines = summarise(model).coefficients.map((line, k) => {
    const { se, lower, upper } = coefficients[k];
    return [lineName(model, line), number(line.coef, 4), number(se, 3), number(lower, 4), number(upper, 4)];
  });
  const without = failed > 0 ? `; ${count(failed)} more had no fit` : '';
  return [
    `Bootstrap: ${count(replicates)} drawn tables${without}`,
    new Table([['', 'coef', 'se', ...limitNames(model.fit.confidenceLevel)], ...lines]),
  ];
}

/** Whether the hazards of a Cox model are proportional. */
export function describeProportionality(tests: readonly ProportionalityTest[]): Line[] {
  return describeTests('Proportional hazards (small p: the effect drifts with time)', tests);
}

/** Whether covariates of an accelerated failure time model only stretch time. */
export function describeAcceleration(tests: readonly ProportionalityTest[]): Line[] {
  return describeTests('Constant acceleration (small p: one time ratio does not describe the effect)', tests);
}

function describeTests(title: string, tests: readonly ProportionalityTest[]): Line[] {
  const lines = tests.map(({ name, statistic, degreesOfFreedom, p }) => [
    name,
    number(statistic, 4),
    String(degreesOfFreedom),
    pValue(p),
  ]);
  return [title, new Table([['', 'χ²', 'df', 'p'], ...lines])];
}

/** How well a model predicts its training rows, and held-out rows where there are any. */
export function describePerformance(train: Performance, held: Performance | null): Line[] {
  const figure = (value: number | null) => fixed(value, 4);
  const line = (name: string, part: Performance) => [
    name,
    count(part.samples),
    figure(part.concordance),
    figure(part.unoConcordance),
    figure(part.logLikelihood),
    figure(part.ici),
    figure(part.e50),
    figure(part.e90),
    figure(part.brier),
    figure(part.integratedBrier),
  ];
  const head = ['', 'n', 'concordance', "Uno's C", 'log likelihood per sample', 'ICI', 'E50', 'E90', 'Brier', 'IBS'];
  const rows = held === null ? [line('all rows', train)] : [line('training', train), line('test', held)];
  const reason = train.noScores ?? held?.noScores ?? null;
  return [
    `Prediction; calibration and Brier score of P(T ≤ ${number(train.time, 4)})`,
    new Table([head, ...rows]),
    ...(reason === null ? [] : [`(no Brier score, no Uno's C: ${reason})`]),
  ];
}
