import type { Grid } from './charts/figure.ts';
import { count } from './format.ts';
import { html } from './html.ts';
import { page } from './page.ts';
import type { Report } from './report.ts';
import { accuracySection, attackTable } from './sections/accuracy.ts';
import { claimsSection } from './sections/claims.ts';
import { costSection } from './sections/costs.ts';
import { curvesSection } from './sections/curves.ts';
import { glossarySection } from './sections/glossary.ts';
import { modelSection } from './sections/model.ts';
import { picturesSection } from './sections/pictures.ts';
import { precisionSection } from './sections/precision.ts';
import { modelTable, reproductionSection, warningSection } from './sections/provenance.ts';
import { verdictSection } from './sections/verdict.ts';
import { describeAdapter } from './warnings.ts';

/** The report as one HTML page that needs nothing from elsewhere. */
export function renderReport(report: Report): string {
  const grid: Grid = {
    models: [...new Set(report.trash.map(({ model }) => model))],
    defences: [...new Set(report.trash.map(({ defence }) => defence))],
  };
  const main = html`<header>
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
${glossarySection()}
${reproductionSection(report)}`;
  return page({ title: `${report.study}: survival under attack`, subject: 'the report', main });
}
