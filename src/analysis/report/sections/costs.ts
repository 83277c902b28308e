import { costChart } from '../charts/cost.ts';
import { SERIES } from '../charts/figure.ts';
import { legend } from '../charts/legend.ts';
import type { CostLine } from '../lines/cost.ts';
import { amount, count } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { family } from '../rows/factors.ts';
import { eitherLayout, figure } from './figure.ts';
import { costTable, moneyTable } from './verdict.ts';

/** TRASH, what it is made of, and the cost of training against survival. */
export function costSection(report: Report): Section {
  return {
    id: 'trash',
    heading: 'Was training worth its cost?',
    body: html`<p>${WHAT_IS_TRASH}</p>
${costTable(report)}
${moneyTable(report)}
${paretoFront(report)}`,
  };
}

const WHAT_IS_TRASH = [
  'TRASH is the training cost per image over the mean cost of breaking one.',
  'Means are taken up to one cost for all that is compared (the column “Up to”), and an image that no attack broke by then',
  'counts as standing to it.',
  'Only the column by the survival model comes from a fitted curve; all others come from what was observed.',
].join(' ');

/** More lines than this are in the file only. */
const MOST_LINES = 40;

function paretoFront({ costs, survival: { clock } }: Report): Html | null {
  if (costs.length < 2) return null;
  const groupOf = ({ defence }: CostLine) => family(defence);
  const names = [...new Set(costs.map(groupOf))];
  // What has no colour of its own shares the last.
  const series = names.length > SERIES ? [...names.slice(0, SERIES - 1), 'other defences'] : names;
  const seriesOf = (line: CostLine) => (series.includes(groupOf(line)) ? groupOf(line) : 'other defences');
  const front = costs.filter((line) => line.front);
  const shown = costs.length <= MOST_LINES ? costs : front.slice(0, MOST_LINES);
  return html`<h3>Training against survival</h3>
${legend(series)}
${figure(
  eitherLayout((layout) => costChart(costs, series, seriesOf, clock, layout)),
  html`What training cost and how long images stand, both per image and on logarithmic axes. Ringed and joined: the Pareto front, the models that no other beats in both.`,
  'costs.csv',
)}
${table(
  costs.length <= MOST_LINES
    ? 'Training and survival, per image'
    : `Training and survival on the Pareto front, per image: ${count(shown.length)} of ${count(costs.length)} models`,
  [
    { heading: 'Model', header: true, cell: ({ model }: CostLine) => model },
    { heading: 'Defence', cell: ({ defence }) => readable(defence) },
    { heading: 'Training', numeric: true, cell: ({ training }) => amount(training, clock) },
    { heading: 'Mean to break', numeric: true, cell: ({ survival }) => amount(survival, clock) },
    { heading: 'Pareto front', cell: (line) => (line.front ? 'yes' : 'no') },
  ],
  shown,
)}`;
}
