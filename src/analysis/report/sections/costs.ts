import { costChart } from '../charts/cost.ts';
import { fits, type Grid, SERIES } from '../charts/figure.ts';
import { legend } from '../charts/legend.ts';
import { trashChart } from '../charts/trash.ts';
import { trashStrips } from '../charts/trashStrips.ts';
import type { CostLine } from '../cost.ts';
import { family } from '../factors.ts';
import { amount, count } from '../format.ts';
import { type Html, html, table } from '../html.ts';
import { readable } from '../names.ts';
import type { Report } from '../report.ts';
import { scoredLines } from '../verdict.ts';
import { figure } from './figure.ts';
import { costTable, moneyTable } from './verdict.ts';

/** TRASH, what it is made of, and the cost of training against survival. */
export function costSection(report: Report, grid: Grid): Html {
  return html`<section aria-labelledby="trash">
<h2 id="trash">Was training worth its cost?</h2>
<p>Training cost per image over the mean cost of breaking one, the mean taken up to the longest attack observed. The column without a model takes that mean from the observed curve, held level after a group's last observation: images that no attack broke then count as standing to the end, which is the reading kindest to the model.</p>
${scores(report, grid)}
${costTable(report)}
${moneyTable(report)}
${paretoFront(report)}
</section>`;
}

function scores({ trash }: Report, grid: Grid): Html | null {
  const scored = scoredLines(trash);
  if (scored.length === 0) return null;
  if (fits(grid))
    return figure(
      trashChart(trash, grid),
      html`TRASH with 95 % intervals, on a logarithmic axis. To the right of 1, breaking is cheaper than training.`,
      'trash.csv',
    );
  const groups = [...new Set(scored.map(({ defence }) => readable(family(defence))))];
  return figure(
    trashStrips(scored, groups, ({ defence }) => readable(family(defence))),
    html`TRASH of every model, on a logarithmic axis, by defence, with medians and how many models there are. To the right of 1, breaking is cheaper than training.`,
    'trash.csv',
  );
}

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
  costChart(costs, series, seriesOf, clock),
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
