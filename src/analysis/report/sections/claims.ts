import type { ClaimLine, ClaimVerdict } from '../claims/claim.ts';
import { interval, number, pValue } from '../page/format.ts';
import { definitions, type Html, html, table } from '../page/html.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';

const VERDICT_NAMES: Readonly<Record<ClaimVerdict, string>> = {
  holds: 'holds',
  'does not hold': 'does not hold',
  undecided: 'undecided',
  'cannot be tested': 'cannot be tested here',
};

/** How many claims came to each verdict, as a sentence. */
export function claimSentence(claims: readonly ClaimLine[]): string {
  const of = (verdict: ClaimVerdict) => claims.filter((line) => line.verdict === verdict).length;
  return `Of ${claims.length} claims of the paper, these hold here: ${of('holds')}; these do not: ${of('does not hold')}; undecided: ${of('undecided')}; cannot be tested with this study: ${of('cannot be tested')}.`;
}

/** What the paper claims, tested on this study. @param folded away, for readers who came for something else */
export function claimsSection({ claims, dataSets }: Report, folded: boolean): Section {
  const each = html`${claimTable(claims)}
<h3>The tests</h3>
${definitions(claims.map(({ claim, test, quantity }) => [claim, `${test} Estimate: ${quantity}.`]))}`;
  return {
    id: 'claims',
    heading: 'What the paper claims, tested here',
    body: html`<p>${claimSentence(claims)} Every test was fixed before the data, at the 5 % level; tests on the survival model use its robust covariance${dataSets.length > 0 ? ', all data sets together' : ''}. “Undecided” means that the data speak for neither side.</p>
${folded ? html`<details>\n<summary>Each claim and its test</summary>\n${each}\n</details>` : each}`,
  };
}

function claimTable(claims: readonly ClaimLine[]): Html {
  return html`${table(
    'Claims of Meyers et al. (arXiv 2401.13751) and their tests',
    [
      { heading: 'Claim', header: true, wide: true, cell: ({ claim }: ClaimLine) => claim },
      { heading: 'Verdict', cell: ({ verdict }) => html`<strong>${VERDICT_NAMES[verdict]}</strong>` },
      { heading: 'Estimate', numeric: true, cell: ({ estimate }) => number(estimate) },
      { heading: '95 % interval', numeric: true, cell: ({ lower, upper }) => interval(lower, upper) },
      { heading: html`<i>p</i>`, numeric: true, cell: ({ p }) => (p === null ? '–' : pValue(p)) },
      { heading: 'Why', wide: true, cell: ({ reason }) => reason },
    ],
    claims,
  )}
<p><a href="data/claims.csv">Claims (CSV)</a>, <a href="data/claim-parts.csv">their single comparisons (CSV)</a>.</p>`;
}
