import type { Grid } from '../charts/figure.ts';
import { describeAdapter } from '../lines/warnings.ts';
import { isPaperStudy } from '../paperStudy.ts';
import type { Report } from '../report.ts';
import { accuracySection, attackTable } from '../sections/accuracy.ts';
import { assumptionsSection, standardsSection } from '../sections/assumptions.ts';
import { checksSection } from '../sections/checks.ts';
import { claimsSection } from '../sections/claims.ts';
import { costSection } from '../sections/costs.ts';
import { curvesSection } from '../sections/curves.ts';
import { distanceSection } from '../sections/distances.ts';
import { glossarySection } from '../sections/glossary.ts';
import { modelSection } from '../sections/model.ts';
import { picturesSection } from '../sections/pictures.ts';
import { precisionSection } from '../sections/precision.ts';
import { protocolSection } from '../sections/protocol.ts';
import { modelTable, reproductionSection, warningSection } from '../sections/provenance.ts';
import { verdictSection } from '../sections/verdict.ts';
import { count } from './format.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** The report as one HTML page that needs nothing from elsewhere. */
export function renderReport(report: Report): string {
  const grid: Grid = {
    models: [...new Set(report.trash.map(({ model }) => model))],
    defences: [...new Set(report.trash.map(({ defence }) => defence))],
  };
  const ofPaper = isPaperStudy(report);
  const claims = claimsSection(report, !ofPaper);
  const data = [...new Set(report.data.map(({ name }) => name.toUpperCase()))].join(', ');
  return page({
    title: `${report.study}: survival under attack`,
    subject: 'the report',
    kicker: 'outlast study',
    heading: report.study,
    sub: `${data} · ${count(report.trials.finished)} trials · ${describeAdapter(report.adapter)}`,
    sections: [
      verdictSection(report, grid),
      warningSection(report),
      ofPaper ? claims : null,
      accuracySection(report, grid),
      checksSection(report),
      curvesSection(report, grid),
      modelSection(report),
      distanceSection(report),
      protocolSection(report),
      costSection(report),
      precisionSection(report),
      picturesSection(report),
      ofPaper ? null : claims,
      {
        id: 'tables',
        heading: 'Models and attacks in numbers',
        body: html`${modelTable(report)}\n${attackTable(report)}`,
      },
      assumptionsSection(report),
      standardsSection(report),
      glossarySection(),
      reproductionSection(report),
    ],
  });
}
