import { groupBy } from '../../../base/groupBy.ts';
import { survivalModel } from '../../survival/index.ts';
import { diagonalChart } from '../charts/diagonal.ts';
import { forestChart } from '../charts/forest.ts';
import { partialEffectsPanels } from '../charts/partialEffects.ts';
import type { CoefficientLine, FitStatistics, SurvivalSection } from '../document.ts';
import { ratioKind, ratioOf } from '../lines/ratios.ts';
import { amount, clockUnit, count, fixed, interval, namesUnit, number, percent, pValue } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { clockNoun, clockShort, covariateName, factorName, levelName, readableInline } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { beside, eitherLayout, figure, panelGrid } from './figure.ts';

/** The fitted model: what multiplies the time to failure, what it predicts, and how well. */
export function modelSection(report: Report): Section {
  const { survival, dataSets } = report;
  return {
    id: 'model',
    heading: 'What survival depends on',
    body: html`${dataSets.length > 0 ? html`<p>First all ${dataSets.length} data sets together, each with a time ratio of its own; then each by itself.</p>` : null}
${fittedModel(survival, dataSets.length > 0 ? 'all data sets' : '')}
${effects(report)}
${calibration(report)}
${dataSets.map(({ dataset, survival: fitted }) => html`<h3>${dataset} by itself</h3>\n${fittedModel(fitted, dataset)}`)}`,
  };
}

/**
 * A fitted model with its coefficients, or why there is none.
 * @param of which part of the study it is of: a data set, where there are several
 * @param data the table of its coefficients
 */
export function fittedModel(survival: SurvivalSection, of: string, data = 'coefficients.csv'): Html {
  const { coefficients, fit, model, reference, notes } = survival;
  const ending = of === '' ? '' : `, ${of}`;
  const compared = `${readableInline(reference.attack)} and ${readableInline(reference.defence)}`;
  const repeats =
    survival.encoding === 'paper' ? 'all images of a run sharing one time' : 'one image being attacked many times';
  return html`${
    fit === null
      ? html`<p class="lead">No survival model could be fitted to these data.</p>`
      : html`<p>${modelSentences(survival)} Compared with ${compared}. Standard errors allow for ${repeats} (${count(fit.clusters)} clusters).</p>
${figure(
  eitherLayout((layout) => forestChart(survival, layout)),
  html`${capital(ratioKind(survival))}s with 95 % intervals, on a logarithmic axis${ending}.`,
  data,
)}
${coefficientTable(coefficients, survival, ending)}
${statisticsTable(fit, model, ending)}`
  }
${notes.length === 0 ? null : html`<ul>${notes.map((note) => html`<li>${capital(note)}.</li>`)}</ul>`}`;
}

/** Predicted survival by depth and by number format. */
function effects({ partialEffects, survival: { clock } }: Report): Html | null {
  if (partialEffects.length === 0) return null;
  const last = Math.max(...partialEffects.map(({ points }) => points[points.length - 1].time));
  const { divisor, symbol } = clockUnit(last, clock);
  const panels = groupBy(partialEffects, ({ factor }) => factor).map((effects) => ({
    covariate: factorName(effects[0].factor),
    curves: effects.map(({ factor, level, points }) => ({
      value: levelName(factor, level),
      points: points.map((point) => ({ ...point, time: point.time / divisor })),
    })),
  }));
  const medianOf = (points: Report['partialEffects'][number]['points']) =>
    points.find(({ survival }) => survival <= 0.5)?.time ?? null;
  const drawing = figure(
    panelGrid(
      partialEffectsPanels(panels, `${capital(clockShort(clock))} per image${namesUnit(clock) ? ` (${symbol})` : ''}`),
    ),
    html`Predicted survival by ${panels.map(({ covariate }) => covariate.toLowerCase()).join(' and by ')}, every other covariate at its mean.`,
    'partial-effects.csv',
  );
  const numbers = table(
    'Predicted survival, the other covariates at their means',
    [
      { heading: 'Factor', header: true, cell: ({ factor }: Report['partialEffects'][number]) => factorName(factor) },
      { heading: 'Level', cell: ({ factor, level }) => levelName(factor, level) },
      {
        heading: `At the last observation (${amount(last, clock)})`,
        numeric: true,
        cell: ({ points }) => percent(points[points.length - 1].survival),
      },
      {
        heading: 'Half are broken by',
        numeric: true,
        cell: ({ points }) => (medianOf(points) === null ? 'not reached' : amount(medianOf(points), clock)),
      },
    ],
    partialEffects,
  );
  return html`<h3>Partial effects</h3>
${panels.length === 1 ? beside(drawing, numbers) : [drawing, numbers]}`;
}

/** Predicted against observed probability of failure. */
function calibration({ calibration: curve, survival: { clock } }: Report): Html | null {
  if (curve === null) return null;
  const points = curve.points.map(({ predicted, observed }) => ({ x: predicted, y: observed }));
  return html`<h3>Calibration</h3>
${figure(
  panelGrid([
    {
      title: '',
      drawing: diagonalChart(
        {
          points,
          xLabel: 'Predicted probability of failure',
          yLabel: 'Observed',
          line: points.length > 2,
          description: `Predicted against observed probability of failure by ${amount(curve.time, clock)}; on the dashed diagonal they are equal. Mean gap ${percent(curve.ici)}.`,
        },
        'narrow',
      ),
    },
  ]),
  html`${[
    html`Probability of failure by the median failure time, ${amount(curve.time, clock)}, as predicted and as observed `,
    html`(a smooth through ${count(curve.samples)} attacked images). `,
    html`The gap is ${percent(curve.ici)} in the mean (ICI), ${percent(curve.e50)} in the median (E50), `,
    html`below ${percent(curve.e90)} for nine of ten (E90).`,
  ]}`,
  'calibration.csv',
)}`;
}

function coefficientTable(coefficients: readonly CoefficientLine[], survival: SurvivalSection, ending: string): Html {
  const nameOf = (line: CoefficientLine) => {
    const ratio = ratioOf(line);
    return ratio === null ? line.name : covariateName(line.name, ratio.unit, survival);
  };
  const kind = ratioKind(survival);
  return table(
    `Coefficients per unit of the covariate, and ${kind}s per step named${ending}`,
    [
      { heading: 'Covariate', header: true, cell: nameOf },
      { heading: 'Coefficient', numeric: true, cell: ({ coefficient }: CoefficientLine) => number(coefficient) },
      { heading: 'Robust s.e.', numeric: true, cell: ({ standardError }) => number(standardError, 2) },
      { heading: html`<i>z</i>`, numeric: true, cell: ({ z }) => fixed(z, 2) },
      { heading: html`<i>p</i>`, numeric: true, cell: ({ p }) => pValue(p) },
      { heading: capital(kind), numeric: true, cell: (line) => number(ratioOf(line)?.value ?? null) },
      {
        heading: '95 % interval',
        numeric: true,
        cell: (line) => interval(ratioOf(line)?.lower ?? null, ratioOf(line)?.upper ?? null),
      },
    ],
    coefficients,
  );
}

function statisticsTable(fit: FitStatistics, model: string, ending: string): Html {
  const lines: readonly (readonly [string, string])[] = [
    ...scaleLine(fit, model),
    ['Concordance', fit.concordance === null ? '–' : fixed(fit.concordance, 3)],
    ['Log likelihood', fixed(fit.logLikelihood, 1)],
    ['AIC', fixed(fit.aic, 1)],
    ['BIC', fixed(fit.bic, 1)],
    [`Wald χ² on ${fit.wald.degreesOfFreedom} d.f.`, `${number(fit.wald.statistic)} (p ${pText(fit.wald.p)})`],
  ];
  return table(
    `Fit${ending}`,
    [
      { heading: 'Statistic', header: true, cell: ([name]: readonly [string, string]) => name },
      { heading: 'Value', numeric: true, cell: ([, value]) => value },
    ],
    lines,
  );
}

/** The scale of log time; nothing of models without one. */
function scaleLine({ scale }: FitStatistics, model: string): (readonly [string, string])[] {
  if (scale === null) return [];
  return [model === 'weibull' ? ['Shape (1 / scale)', number(1 / scale)] : ['Scale', number(scale)]];
}

/** What the model is, and what its ratios mean. */
function modelSentences({ model, clock }: SurvivalSection): string {
  const time = clockNoun(clock);
  if (model === 'auto' || survivalModel(model).ratio === 'time ratio')
    return `Accelerated failure time model, ${capital(model)} distribution, of the ${time} to failure. A time ratio is the factor on that ${time}: 2 means that images ${clock === 'distance' ? 'must move twice as far' : 'last twice as long'}.`;
  return `${survivalModel(model).title} of the ${time} to failure. A hazard ratio is the factor on the rate at which unbroken images break: 2 means that they break twice as fast.`;
}

function pText(p: number): string {
  const text = pValue(p);
  return text.startsWith('<') || text === '–' ? text : `= ${text}`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
