import type { Grid } from '../charts/figure.ts';
import { forestChart } from '../charts/forest.ts';
import { KAPLAN_MEIER_MARKS, legend } from '../charts/legend.ts';
import { survivalChart } from '../charts/survivalCurves.ts';
import { timeAxis } from '../charts/timeAxis.ts';
import { amount, count, fixed, interval, number, pValue, tick } from '../format.ts';
import { groupBy } from '../groupBy.ts';
import { type Html, html, table } from '../html.ts';
import { atRisk } from '../kaplanMeier.ts';
import { clockNoun, covariateName, readable, readableInline } from '../names.ts';
import type { CoefficientLine, FitStatistics, Report, SurvivalCurve, SurvivalSection } from '../report.ts';
import { figure } from './figure.ts';

/** A curve with no more steps than this comes from an attack of one step, or nearly so. */
const FEW_STEPS = 5;

/** Kaplan-Meier curves with the fitted survival, and the numbers at risk. */
export function curvesSection({ kaplanMeier, survival }: Report, grid: Grid): Html {
  const { clock, rows, events, fit } = survival;
  if (kaplanMeier.length === 0) return html``;
  return html`<section aria-labelledby="survival">
<h2 id="survival">Survival under attack</h2>
<p>${count(rows)} attacks on single images, of which ${count(events)} succeeded; ${encodingSentences(survival)} Curves pool all strengths${fit === null ? '' : '; the dashed lines are the mean of the fitted survival over the same images'}, and bands are 95 % intervals.</p>
${legend(grid.defences, fit === null ? KAPLAN_MEIER_MARKS.filter(({ name }) => name !== 'fitted') : KAPLAN_MEIER_MARKS)}
${groupBy(kaplanMeier, ({ attack }) => attack).map((curves) => [
  figure(
    survivalChart(curves, grid, clock),
    html`<b>${readable(curves[0].attack)}</b>: Kaplan-Meier estimate of the share of images not yet broken, by model.${stepNote(curves)}`,
    'kaplan-meier.csv',
  ),
  atRiskTable(curves, clock),
])}
</section>`;
}

function encodingSentences({ encoding, misclassifiedBefore }: SurvivalSection): string {
  const wrong = count(misclassifiedBefore);
  return encoding === 'paper'
    ? `the others are right-censored. As in the paper, all images of a run have the run's mean time, and the ${wrong} on which the model was wrong before count as broken.`
    : `the others are right-censored when their budget ends. ${wrong} more were not needed: the model was wrong before. Each image is charged its share of every step in which it was still unbroken.`;
}

/** Says so where the curves have almost no steps, as no smooth curve can follow them. */
function stepNote(curves: readonly SurvivalCurve[]): string {
  const times = Math.max(...curves.map(({ steps }) => steps.filter(({ events }) => events > 0).length));
  return times <= FEW_STEPS
    ? ` Images break at ${times} ${times === 1 ? 'time' : 'different times'} at most, one for each run of the attack: such steps no smooth curve can follow.`
    : '';
}

function atRiskTable(curves: readonly SurvivalCurve[], clock: SurvivalSection['clock']): Html {
  const { unit, ticks } = timeAxis(curves, clock);
  return table(
    `${readable(curves[0].attack)}: images at risk by ${clockNoun(clock)}${clock === 'queries' ? '' : ` (${unit.symbol})`}, and medians`,
    [
      { heading: 'Model', header: true, cell: ({ model }: SurvivalCurve) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      ...ticks.map((time) => ({
        heading: tick(time),
        numeric: true,
        cell: (curve: SurvivalCurve) => count(atRisk(curve, time * unit.divisor)),
      })),
      { heading: 'Broken', numeric: true, cell: ({ failures, samples }) => `${count(failures)} of ${count(samples)}` },
      {
        heading: 'Median',
        numeric: true,
        cell: ({ median }) => (median === null ? 'not reached' : amount(median, clock)),
      },
    ],
    curves,
  );
}

/** The fitted model: what multiplies the time to failure. */
export function modelSection({ survival }: Report): Html {
  const { coefficients, fit, model, reference, notes, clock } = survival;
  return html`<section aria-labelledby="model">
<h2 id="model">What survival depends on</h2>
${
  fit === null
    ? html`<p class="lead">No survival model could be fitted to these data.</p>`
    : html`<p>Accelerated failure time model, ${capital(model)} distribution, of the ${clockNoun(clock)} to failure. A time ratio is the factor on that ${clockNoun(clock)}: 2 means that images last twice as long. Compared with ${readableInline(reference.attack)} and ${readableInline(reference.defence)}. Standard errors allow for ${survival.encoding === 'paper' ? 'all images of a run sharing one time' : 'one image being attacked many times'} (${count(fit.clusters)} clusters).</p>
${figure(forestChart(survival), html`Time ratios with 95 % intervals, on a logarithmic axis.`, 'coefficients.csv')}
${coefficientTable(coefficients, survival)}
${statisticsTable(fit, model)}`
}
${notes.length === 0 ? null : html`<ul>${notes.map((note) => html`<li>${capital(note)}.</li>`)}</ul>`}
</section>`;
}

function coefficientTable(coefficients: readonly CoefficientLine[], survival: SurvivalSection): Html {
  const nameOf = ({ name, timeRatio }: CoefficientLine) =>
    timeRatio === null ? name : covariateName(name, timeRatio.unit, survival);
  return table(
    'Coefficients per unit of the covariate, and time ratios per step named',
    [
      { heading: 'Covariate', header: true, cell: nameOf },
      { heading: 'Coefficient', numeric: true, cell: ({ coefficient }: CoefficientLine) => number(coefficient) },
      { heading: 'Robust s.e.', numeric: true, cell: ({ standardError }) => number(standardError, 2) },
      { heading: html`<i>z</i>`, numeric: true, cell: ({ z }) => fixed(z, 2) },
      { heading: html`<i>p</i>`, numeric: true, cell: ({ p }) => pValue(p) },
      { heading: 'Time ratio', numeric: true, cell: ({ timeRatio }) => number(timeRatio?.value ?? null) },
      {
        heading: '95 % interval',
        numeric: true,
        cell: ({ timeRatio }) => interval(timeRatio?.lower ?? null, timeRatio?.upper ?? null),
      },
    ],
    coefficients,
  );
}

function statisticsTable(fit: FitStatistics, model: string): Html {
  const lines: readonly (readonly [string, string])[] = [
    model === 'weibull' ? ['Shape (1 / scale)', number(1 / (fit.scale ?? Number.NaN))] : ['Scale', number(fit.scale)],
    ['Concordance', fit.concordance === null ? '–' : fixed(fit.concordance, 3)],
    ['Log likelihood', fixed(fit.logLikelihood, 1)],
    ['AIC', fixed(fit.aic, 1)],
    ['BIC', fixed(fit.bic, 1)],
    [`Wald χ² on ${fit.wald.degreesOfFreedom} d.f.`, `${number(fit.wald.statistic)} (p ${pText(fit.wald.p)})`],
  ];
  return table(
    'Fit',
    [
      { heading: 'Statistic', header: true, cell: ([name]: readonly [string, string]) => name },
      { heading: 'Value', numeric: true, cell: ([, value]) => value },
    ],
    lines,
  );
}

function pText(p: number): string {
  const text = pValue(p);
  return text.startsWith('<') || text === '–' ? text : `= ${text}`;
}

function capital(text: string): string {
  return text[0].toUpperCase() + text.slice(1);
}
