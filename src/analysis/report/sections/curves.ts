import { groupBy } from '../../../base/groupBy.ts';
import { fits, type Grid } from '../charts/figure.ts';
import { KAPLAN_MEIER_MARKS, legend } from '../charts/legend.ts';
import { type PlacedCurve, survivalPanels } from '../charts/survivalCurves.ts';
import { timeAxis } from '../charts/timeAxis.ts';
import type { Curve, FactorCurve, SurvivalSection } from '../document.ts';
import { atRisk } from '../lines/kaplanMeier.ts';
import { amount, count, namesUnit, tick } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { clockNoun, factorName, levelName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { MOST_LINES } from '../rows/factors.ts';
import { beside, figure, panelGrid } from './figure.ts';

/** A curve with no more steps than this comes from an attack of one step, or nearly so. */
const FEW_STEPS = 5;

/** Kaplan-Meier curves with the fitted survival, and the numbers at risk: by each factor, then by model and defence. */
export function curvesSection({ kaplanMeier, kaplanMeierBy, survival }: Report, grid: Grid): Section | null {
  const { clock, rows, events, fit } = survival;
  if (rows === 0) return null;
  const marks = fit === null ? KAPLAN_MEIER_MARKS.filter(({ name }) => name !== 'fitted') : KAPLAN_MEIER_MARKS;
  return {
    id: 'survival',
    heading: 'Survival under attack',
    body: html`<p>${count(rows)} attacks on single images, of which ${count(events)} succeeded; ${encodingSentences(survival)} Curves pool all strengths${fit === null ? '' : '; the dashed lines are the mean of the fitted survival over the same images'}, and bands are 95 % intervals.</p>
${groupBy(kaplanMeierBy, ({ factor }) => factor).flatMap((curves) => pieces(curves).map((part, k) => factorFigure(part, k, survival, marks)))}
${
  fits(grid) && kaplanMeier.length > 0
    ? html`<h3>By model and defence</h3>
${legend(grid.defences, marks)}
${groupBy(kaplanMeier, ({ attack }) => attack).map((ofAttack) => {
  const curves = ofAttack.map((curve) => ({ ...curve, name: readable(curve.defence) }));
  const title = readable(ofAttack[0].attack);
  const drawing = figure(
    panelGrid(survivalPanels(curves, grid, clock, `${title}, by model and defence,`)),
    html`<b>${title}</b>: Kaplan-Meier estimate of the share of images not yet broken, by model.${stepNote(curves)}`,
    'kaplan-meier.csv',
  );
  const numbers = atRiskTable(curves, title, clock, [
    { heading: 'Model', header: true, cell: ({ model }) => model },
    { heading: 'Defence', cell: ({ name }) => name },
  ]);
  return grid.models.length === 1 ? beside(drawing, numbers) : [drawing, numbers];
})}`
    : null
}`,
  };
}

/** So many curves at a time as can be told apart. */
function pieces(curves: readonly FactorCurve[]): FactorCurve[][] {
  const count = Math.ceil(curves.length / MOST_LINES);
  return Array.from({ length: count }, (_, k) => curves.slice(k * MOST_LINES, (k + 1) * MOST_LINES));
}

function factorFigure(
  curves: readonly FactorCurve[],
  piece: number,
  { clock }: SurvivalSection,
  marks: typeof KAPLAN_MEIER_MARKS,
): Html {
  const [{ factor }] = curves;
  const names = curves.map(({ level }) => levelName(factor, level));
  const placed = curves.map((curve, index) => ({ ...curve, model: '', defence: names[index], name: names[index] }));
  const by = factorName(factor).toLowerCase();
  const title = `By ${by}${piece === 0 ? '' : `, ${piece + 1}`}`;
  return html`<h3>${title}</h3>
${legend(names, marks)}
${beside(
  figure(
    panelGrid(
      survivalPanels(placed, { models: [''], defences: names }, clock, `all attacks by ${by}: ${names.join(', ')},`),
    ),
    html`<b>${title}</b>: Kaplan-Meier estimate of the share of images not yet broken, over everything else.`,
    'kaplan-meier-by.csv',
  ),
  atRiskTable(placed, title, clock, [{ heading: factorName(factor), header: true, cell: ({ name }) => name }]),
)}`;
}

function encodingSentences({ encoding, misclassifiedBefore }: SurvivalSection): string {
  const wrong = count(misclassifiedBefore);
  return encoding === 'paper'
    ? `the others are right-censored. As in the paper, all images of a run have the run's mean time, and the ${wrong} on which the model was wrong before count as broken.`
    : `the others are right-censored when their budget ends. ${wrong} more were not needed: the model was wrong before. Each image is charged its share of every step in which it was still unbroken.`;
}

/** Says so where the curves have almost no steps, as no smooth curve can follow them. */
function stepNote(curves: readonly Curve[]): string {
  const times = Math.max(...curves.map(({ steps }) => steps.filter(({ events }) => events > 0).length));
  return times <= FEW_STEPS
    ? ` Images break at ${times} ${times === 1 ? 'time' : 'different times'} at most, one for each run of the attack: such steps no smooth curve can follow.`
    : '';
}

function atRiskTable(
  curves: readonly PlacedCurve[],
  title: string,
  clock: SurvivalSection['clock'],
  names: readonly {
    readonly heading: string;
    readonly header?: boolean;
    readonly cell: (curve: PlacedCurve) => string;
  }[],
): Html {
  const { unit, ticks } = timeAxis(curves, clock);
  return table(
    `${title}: images at risk by ${clockNoun(clock)}${namesUnit(clock) ? ` (${unit.symbol})` : ''}, and medians`,
    [
      ...names,
      ...ticks.map((time) => ({
        heading: tick(time),
        numeric: true,
        cell: (curve: PlacedCurve) => count(atRisk(curve, time * unit.divisor)),
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
