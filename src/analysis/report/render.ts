import type { Grid } from './charts/figure.ts';
import { count } from './format.ts';
import { html, raw } from './html.ts';
import type { Report } from './report.ts';
import { accuracySection, attackTable } from './sections/accuracy.ts';
import { claimsSection } from './sections/claims.ts';
import { costSection } from './sections/costs.ts';
import { curvesSection } from './sections/curves.ts';
import { modelSection } from './sections/model.ts';
import { picturesSection } from './sections/pictures.ts';
import { precisionSection } from './sections/precision.ts';
import { modelTable, reproductionSection, warningSection } from './sections/provenance.ts';
import { verdictSection } from './sections/verdict.ts';
import { STYLE } from './style.ts';
import { describeAdapter } from './warnings.ts';

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
<a class="skip" href="#main">Skip to the report</a>
<main id="main" tabindex="-1">
<header>
<p class="kicker">outlast study</p>
<h1>${report.study}</h1>
<p class="sub">${[...new Set(report.data.map(({ name }) => name.toUpperCase()))].join(', ')} · ${count(report.trials.finished)} trials · ${describeAdapter(report.adapter)}</p>
</header>
${verdictSection(report)}
${warningSection(report)}
${claimsSection(report)}
${accuracySection(report, grid)}
${curvesSection(report, grid)}
${modelSection(report)}
${costSection(report, grid)}
${precisionSection(report)}
${picturesSection(report)}
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
