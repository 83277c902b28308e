import type { PrecisionAgreement } from '../lines/agreement.ts';
import { count, interval, percent } from '../page/format.ts';
import { html, table } from '../page/html.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';

/** Whether number formats come to the same verdicts; nothing where there is one only. */
export function precisionSection({ precisions }: Report): Section | null {
  if (precisions.length === 0) return null;
  return {
    id: 'precision',
    heading: 'Number formats',
    body: html`<p>The same attack on the same image in two number formats: how often both break it, or neither. Each format trains its own model from the same start, so that differences are those of whole trainings.</p>
${table(
  'Agreement of verdicts between number formats',
  [
    { heading: 'Formats', header: true, cell: ({ first, second }: PrecisionAgreement) => `${first} and ${second}` },
    { heading: 'Attacks', numeric: true, cell: ({ attacks }) => count(attacks) },
    { heading: 'Images', numeric: true, cell: ({ samples }) => count(samples) },
    { heading: 'Agreement', numeric: true, cell: ({ agreement }) => (agreement === null ? '–' : percent(agreement)) },
    {
      heading: '95 % interval (%)',
      numeric: true,
      cell: ({ lower, upper }) => interval(lower === null ? null : 100 * lower, upper === null ? null : 100 * upper),
    },
    { heading: 'Broken in the first only', numeric: true, cell: ({ brokenOnlyInFirst }) => count(brokenOnlyInFirst) },
    { heading: 'In the second only', numeric: true, cell: ({ brokenOnlyInSecond }) => count(brokenOnlyInSecond) },
    { heading: 'Wrong before in one', numeric: true, cell: ({ differentBefore }) => count(differentBefore) },
  ],
  precisions,
)}
<p>Images that either model had wrong before are not compared. <a href="data/precision.csv">Agreement (CSV)</a></p>`,
  };
}
