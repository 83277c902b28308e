import { amount, count, interval, number, parameter } from '../format.ts';
import { type Html, html, table } from '../html.ts';
import { clockNoun, readable, readableInline } from '../names.ts';
import type { Report, TrashLine } from '../report.ts';
import { meaningOf, type ScoredLine, scoredLines, verdictSentence } from '../verdict.ts';
import { claimSentence } from './claims.ts';

/** What was found, in plain words, before any figure. */
export function verdictSection(report: Report): Html {
  const scored = scoredLines(report.trash);
  return html`<section aria-labelledby="verdict">
<h2 id="verdict">Verdict</h2>
${scored.length === 0 ? noVerdict(report) : verdict(report, scored)}
</section>`;
}

function noVerdict({ trash }: Report): Html {
  const reasons = trash.flatMap(({ model, defence, note }) =>
    note === null ? [] : [`${model}, ${readable(defence)}: ${note}`],
  );
  return html`<p class="lead">${verdictSentence(trash)}</p>
<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function verdict(report: Report, scored: readonly ScoredLine[]): Html {
  const { clock } = report.survival;
  const shown = extremes(scored);
  return html`<p class="lead">${verdictSentence(scored)}</p>
<p>TRASH is what training cost per image, divided by what it takes on average to break one image (${clockNoun(clock)}, strengths up to ε* = ${parameter(largestEps(report))}). Above 1, an attacker undoes the work of training for less than it cost; below 1, breaking it takes more than training it did.</p>
${table(
  scored.length === shown.length
    ? 'TRASH of every model, with its 95 % interval and what it means'
    : `The ${EXTREMES} highest and the ${EXTREMES} lowest TRASH of ${count(scored.length)} models, with 95 % intervals and what they mean`,
  [
    { heading: 'Model', header: true, cell: ({ model }: ScoredLine) => model },
    { heading: 'Defence', cell: ({ defence }) => readable(defence) },
    { heading: 'TRASH', numeric: true, cell: ({ value }) => html`<strong>${number(value)}</strong>` },
    { heading: '95 % interval', numeric: true, cell: ({ lower, upper }) => interval(lower, upper) },
    { heading: 'Meaning', wide: true, cell: (line) => meaningOf(line) },
  ],
  shown,
)}
${defenceSentences(report)}
<p>${claimSentence(report.claims)} <a href="#claims">See each claim and its test.</a></p>`;
}

/** Longer tables are no verdict. */
const MOST_LINES = 40;
const EXTREMES = 10;

/** All lines, or the highest and the lowest. */
function extremes(scored: readonly ScoredLine[]): readonly ScoredLine[] {
  if (scored.length <= MOST_LINES) return scored;
  const sorted = scored.toSorted((a, b) => b.value - a.value);
  return [...sorted.slice(0, EXTREMES), ...sorted.slice(-EXTREMES)];
}

/** What each defence does to survival, from the fitted model. */
function defenceSentences({ survival }: Report): Html | null {
  const effects = survival.coefficients.flatMap(({ name, timeRatio }) => {
    const level = /^defence (.*)$/.exec(name)?.[1];
    return level === undefined || timeRatio === null ? [] : [{ level, ...timeRatio }];
  });
  if (effects.length === 0) return null;
  const sentence = ({ level, value, lower, upper }: (typeof effects)[number]) => {
    const range = `(95 % interval ${interval(lower, upper)})`;
    if (lower > 1) return `${readable(level)} lengthens survival ${number(value)} times ${range}.`;
    if (upper < 1) return `${readable(level)} shortens survival to ${number(value)} of what it was ${range}.`;
    return `${readable(level)} makes no difference that these data show: ${number(value)} times ${range}.`;
  };
  return html`<p>Against ${readableInline(survival.reference.defence)}, all else equal: ${effects.map(sentence).join(' ')}</p>`;
}

function largestEps({ attacks }: Report): number {
  return attacks.reduce((largest, { eps }) => Math.max(largest, eps ?? 0), 0);
}

/** The two costs that TRASH divides, as a table. */
export function costTable({ trash, survival }: Report): Html {
  if (trash.length > MOST_LINES)
    return html`<p>${count(trash.length)} models: <a href="data/trash.csv">all scores and what they are made of (CSV)</a>.</p>`;
  return table(
    'What TRASH is made of, per image',
    [
      { heading: 'Model', header: true, cell: ({ model }: TrashLine) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      { heading: 'Training', numeric: true, cell: (line) => amount(line.trainCostPerSample, survival.clock) },
      { heading: 'Mean to break', numeric: true, cell: (line) => amount(line.meanTimeToFailure, survival.clock) },
      { heading: 'TRASH', numeric: true, cell: ({ value }) => number(value) },
      { heading: '95 % interval', numeric: true, cell: ({ lower, upper }) => interval(lower, upper) },
      {
        heading: 'Without a model',
        numeric: true,
        cell: ({ kaplanMeier: check }) =>
          check === null ? '–' : `${number(check.value)} (${interval(check.lower, check.upper)})`,
      },
      ...(trash.some((line) => noteOf(line) !== '') ? [{ heading: 'Note', wide: true, cell: noteOf }] : []),
    ],
    trash,
  );
}

/** The same costs at the study's prices; nothing where it gives none. */
export function moneyTable({ trash, prices }: Report): Html | null {
  if (prices === null || trash.length > MOST_LINES) return null;
  const { currency, training, attack } = prices;
  const money = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : `${number(value)} ${currency}`;
  return html`<p>In money, an hour of the machine that trains at ${money(training)} and of the one that attacks at ${money(attack)}: an attacker on cheaper hardware is better off by the ratio of the prices.</p>
${table(
  'TRASH at these prices, per image',
  [
    { heading: 'Model', header: true, cell: ({ model }: TrashLine) => model },
    { heading: 'Defence', cell: ({ defence }) => readable(defence) },
    { heading: 'Training', numeric: true, cell: (line) => money(line.money?.trainingCost) },
    { heading: 'Mean to break', numeric: true, cell: (line) => money(line.money?.breakingCost) },
    {
      heading: '95 % interval',
      numeric: true,
      cell: ({ money: cost }) => (cost === null ? '–' : interval(cost.breakingCostLower, cost.breakingCostUpper)),
    },
    { heading: 'TRASH in money', numeric: true, cell: (line) => number(line.money?.value ?? null) },
    {
      heading: '95 % interval',
      numeric: true,
      cell: ({ money: cost }) => (cost === null ? '–' : interval(cost.lower, cost.upper)),
    },
  ],
  trash,
)}`;
}

function noteOf({ note, basis }: TrashLine): string {
  return note ?? (basis === 'kaplan-meier' ? 'no model could be fitted: from the Kaplan-Meier curve' : '');
}
