import { describeAdapter } from './build.ts';
import type { Grid } from './charts/figure.ts';
import { trashChart } from './charts/trash.ts';
import { count } from './format.ts';
import { type Html, html, raw } from './html.ts';
import type { Report } from './report.ts';
import { accuracySection, attackTable } from './sections/accuracy.ts';
import { figure } from './sections/figure.ts';
import { modelTable, reproductionSection, warningSection } from './sections/provenance.ts';
import { curvesSection, modelSection } from './sections/survival.ts';
import { costTable, moneyTable, verdictSection } from './sections/verdict.ts';
import { STYLE } from './style.ts';

/** The report as one HTML page that needs nothing from elsewhere. */
export function renderReport(report: Report): string {
  const grid: Grid = {
    models: [...new Set(report.trash.map(({ model }) => model))],
    defences: [...new Set(report.trash.map(({ defence }) => defence))],
  };
  const page = html`${raw('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="outlast">
<title>${report.study}: survival under attack</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main>
<header>
<p class="kicker">outlast study</p>
<h1>${report.study}</h1>
<p class="sub">${report.data.name.toUpperCase()} · ${count(report.trials.finished)} trials · ${describeAdapter(report.adapter)}</p>
</header>
${verdictSection(report)}
${warningSection(report)}
${accuracySection(report, grid)}
${curvesSection(report, grid)}
${modelSection(report)}
${trashSection(report, grid)}
<section aria-labelledby="tables">
<h2 id="tables">Models and attacks in numbers</h2>
${modelTable(report)}
${attackTable(report)}
</section>
${reproductionSection(report)}
</main>
</body>
</html>
`;
  return page.html;
}

function trashSection(report: Report, grid: Grid): Html {
  const drawn = report.trash.some(({ value }) => value !== null);
  return html`<section aria-labelledby="trash">
<h2 id="trash">Was training worth its cost?</h2>
<p>Training cost per image over the mean cost of breaking one, the mean taken up to the longest attack observed. The column without a model takes that mean from the observed curve, held level after a group's last observation: images that no attack broke then count as standing to the end, which is the reading kindest to the model.</p>
${drawn ? figure(trashChart(report.trash, grid), html`TRASH with 95 % intervals, on a logarithmic axis. To the right of 1, breaking is cheaper than training.`, 'trash.csv') : null}
${costTable(report)}
${moneyTable(report)}
</section>`;
}
