import { groupBy } from '../../../base/groupBy.ts';
import { KAPLAN_MEIER_MARKS, legend } from '../charts/legend.ts';
import { survivalPanels } from '../charts/survivalCurves.ts';
import type { Curve } from '../document.ts';
import type { CostAndDistance, DistanceLine } from '../lines/distances.ts';
import { amount, count, fixed } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { clockNoun, factorName, levelName, normName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { MOST_LINES } from '../rows/factors.ts';
import { beside, figure, panelGrid } from './figure.ts';
import { fittedModel } from './model.ts';

/** What images cost to break beside how far they must move; null of a study whose clock is not distance. */
export function distanceSection({ distances, survival }: Report): Section | null {
  if (distances.length === 0) return null;
  return {
    id: 'distance',
    heading: 'What an image costs to break, and how far it must move',
    body: html`<p>Two clocks of the same attacks: ${clockNoun(survival.clock)} until an image was broken, and the smallest change found that breaks it, pixels lying in [0, 1].
An attack that looks for the nearest adversarial image tells its distance.
One within a radius tells that the distance lies above every radius at which it failed, and at or below the nearest that it found; curves are then Turnbull's, which fall at the ends of such intervals.
Images that were never broken are right-censored at the largest radius, of attacks without one at the farthest that they moved any image.</p>
${distances.map((line) => ofNorm(line, survival.clock))}`,
  };
}

function ofNorm({ norm, survival, curves, optimality }: DistanceLine, costs: Report['survival']['clock']): Html {
  const name = normName(norm);
  return html`<h3>Distances in ${name}</h3>
<p>${count(survival.rows)} images under attack, of which ${count(survival.events)} were broken.</p>
${mediansTable(curves, name, costs)}
${optimality.length === 0 ? null : optimalityTable(optimality, name)}
${groupBy(curves, ({ factor }) => String(factor)).flatMap((ofFactor) => pieces(ofFactor).map((part) => bothClocks(part, name, costs)))}
${fittedModel(survival, `distances in ${name}`, 'distance-coefficients.csv')}`;
}

const levelOf = ({ factor, level }: CostAndDistance): string =>
  factor === null ? 'All attacks' : levelName(factor, level);

function mediansTable(curves: readonly CostAndDistance[], norm: string, costs: Report['survival']['clock']): Html {
  return table(
    `Medians of both clocks, distances in ${norm}`,
    [
      { heading: 'Factor', cell: ({ factor }: CostAndDistance) => (factor === null ? '' : factorName(factor)) },
      { heading: 'Level', header: true, cell: levelOf },
      {
        heading: 'Broken',
        numeric: true,
        cell: ({ distance }) => `${count(distance.failures)} of ${count(distance.samples)}`,
      },
      { heading: 'Median cost', numeric: true, cell: ({ cost }) => medianText(cost, costs) },
      { heading: 'Median distance', numeric: true, cell: ({ distance }) => medianText(distance, 'distance') },
    ],
    curves,
  );
}

function optimalityTable(optimality: DistanceLine['optimality'], norm: string): Html {
  return html`<p>Optimality is AttackBench's: 1 for an attack that is as near as the best of all for every image, 0 for one that breaks none as near. Here it rests on the smallest distance at any strength of this study, not on AttackBench's budget of passes.</p>
${table(
  `Optimality of attacks in ${norm}`,
  [
    { heading: 'Attack', header: true, cell: ({ attack }: DistanceLine['optimality'][number]) => readable(attack) },
    { heading: 'Mean over models', numeric: true, cell: ({ mean }) => fixed(mean, 3) },
    { heading: 'Standard deviation', numeric: true, cell: ({ deviation }) => fixed(deviation, 3) },
    { heading: 'Models', numeric: true, cell: ({ models }) => count(models) },
  ],
  optimality,
)}`;
}

const medianText = ({ median }: Curve, clock: Report['survival']['clock']): string =>
  median === null ? 'not reached' : amount(median, clock);

/** So many levels at a time as can be told apart. */
function pieces<T>(levels: readonly T[]): T[][] {
  const number = Math.ceil(levels.length / MOST_LINES);
  return Array.from({ length: number }, (_, k) => levels.slice(k * MOST_LINES, (k + 1) * MOST_LINES));
}

/** The curves of some levels by cost, and beside them by distance. */
function bothClocks(levels: readonly CostAndDistance[], norm: string, costs: Report['survival']['clock']): Html {
  const names = levels.map(levelOf);
  const by = levels[0].factor === null ? 'all attacks' : `by ${factorName(levels[0].factor).toLowerCase()}`;
  const drawing = (curves: readonly Curve[], clock: Report['survival']['clock'], caption: Html, data: string) => {
    const placed = curves.map((curve, k) => ({ ...curve, model: '', defence: names[k], name: names[k] }));
    const grid = { models: [''], defences: names };
    return figure(panelGrid(survivalPanels(placed, grid, clock, `${by}: ${names.join(', ')},`)), caption, data);
  };
  return html`${legend(names, KAPLAN_MEIER_MARKS)}
${beside(
  drawing(
    levels.map(({ cost }) => cost),
    costs,
    html`<b>Cost</b>, ${by}: share of images not yet broken by ${clockNoun(costs)}.`,
    'distance-curves.csv',
  ),
  drawing(
    levels.map(({ distance }) => distance),
    'distance',
    html`<b>Distance</b>, ${by}: share of images that no smaller change in ${norm} broke.`,
    'distance-curves.csv',
  ),
)}`;
}
