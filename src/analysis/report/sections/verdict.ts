import type { SurvivalClock } from '../../study/index.ts';
import { fits, type Grid } from '../charts/figure.ts';
import { trashChart } from '../charts/trash.ts';
import { trashStrips } from '../charts/trashStrips.ts';
import type { TrashLine, TrashReading } from '../document.ts';
import { ratioKind, ratioOf } from '../lines/ratios.ts';
import { clockDisagreement } from '../lines/trashWarnings.ts';
import { amount, count, interval, number, parameter, percent } from '../page/format.ts';
import { type Column, type Html, html, table } from '../page/html.ts';
import { clockNoun, readable, readableInline } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import { figureText, limitsText, meaningOf, scoredLines, trainingsSentence, verdictSentence } from '../page/verdict.ts';
import { isPaperStudy } from '../paperStudy.ts';
import type { Report } from '../report.ts';
import { CLOCKS } from '../rows/clocks.ts';
import { family } from '../rows/factors.ts';
import { claimSentence } from './claims.ts';
import { beside, eitherLayout, figure } from './figure.ts';

/** What a line is about: the first columns of every table of scores. */
const NAME_COLUMNS: readonly Column<TrashLine>[] = [
  { heading: 'Model', header: true, cell: ({ model }) => model },
  { heading: 'Defence', cell: ({ defence }) => readable(defence) },
];

/** Readings that are a verdict, or half of one. */
const SPOKEN: readonly TrashReading[] = ['cheaper to break', 'costlier to break', 'undecided', 'not broken'];

/** What was found, in plain words, before any figure. */
export function verdictSection(report: Report, grid: Grid): Section {
  const spoken = report.trash.some(({ reading }) => SPOKEN.includes(reading));
  return { id: 'verdict', heading: 'Verdict', body: spoken ? verdict(report, grid) : noVerdict(report) };
}

function noVerdict({ trash }: Report): Html {
  const reasons = trash.flatMap(({ model, defence, note }) =>
    note === null ? [] : [`${model}, ${readable(defence)}: ${note}`],
  );
  return html`<p class="lead">${verdictSentence(trash)}</p>
<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`;
}

function verdict(report: Report, grid: Grid): Html {
  const shown = extremes(report.trash);
  const disagreements = report.trash.flatMap((line) => clockDisagreement(line) ?? []);
  const words = html`<p class="lead">${verdictSentence(report.trash)}</p>
<p>${explanation(report)} A stronger attack, a longer budget or other prices would change the figures; <a href="#trash">the table of costs</a> says how far.</p>
${defenceSentences(report)}`;
  const drawing = scores(report, grid);
  const short = drawing !== null && (report.trash.length <= MOST_BESIDE || !fits(grid));
  return html`${short ? beside(html`<div>${words}</div>`, drawing) : [words, drawing]}
${table(
  report.trash.length === shown.length
    ? 'TRASH of every model under the best single attack, with its 95 % interval and what it means'
    : `The ${EXTREMES} highest and the ${EXTREMES} lowest TRASH of ${count(report.trash.length)} models, with 95 % intervals and what they mean`,
  [
    ...NAME_COLUMNS,
    { heading: 'Accuracy', numeric: true, cell: accuracyCell },
    { heading: 'TRASH', numeric: true, cell: ({ value }) => html`<strong>${number(value)}</strong>` },
    { heading: '95 % interval', numeric: true, cell: (line) => limitsText(line) },
    { heading: 'Best attack', cell: ({ attack }) => (attack === null ? '–' : readable(attack)) },
    { heading: 'Meaning', wide: true, cell: (line) => meaningOf(line) },
  ],
  shown,
)}
${disagreements.length === 0 ? null : html`<p>${disagreements.slice(0, 3).join(' ')}${disagreements.length > 3 ? ` So on ${disagreements.length - 3} more.` : ''}</p>`}
${isPaperStudy(report) ? html`<p>${claimSentence(report.claims)} <a href="#claims">See each claim and its test.</a></p>` : null}`;
}

function scores({ trash }: Report, grid: Grid): Html | null {
  const scored = scoredLines(trash);
  if (scored.length === 0) return null;
  if (fits(grid))
    return figure(
      eitherLayout((layout) => trashChart(trash, grid, layout)),
      html`TRASH with 95 % intervals, on a logarithmic axis. To the right of 1, breaking is cheaper than training.`,
      'trash.csv',
    );
  const groups = [...new Set(scored.map(({ defence }) => readable(family(defence))))];
  return figure(
    eitherLayout((layout) => trashStrips(scored, groups, ({ defence }) => readable(family(defence)), layout)),
    html`TRASH of every model, on a logarithmic axis, by defence; diamonds are medians, the numbers these and how many models there are. To the right of 1, breaking is cheaper than training.`,
    'trash.csv',
  );
}

/** What the headline's figure is, for whom, by which clock and up to what. */
function explanation({ trash, attacks, survival: { clock } }: Report): string {
  const horizons = [...new Set(trash.flatMap(({ horizon }) => horizon ?? []))];
  const strengths = `strengths up to ε* = ${parameter(largestEps(attacks))}`;
  return [
    `TRASH is what training cost per image, divided by what it takes on average to break one image (${clockNoun(clock)}, ${strengths}), for an attacker who uses the best single attack of this study.`,
    'Above 1, the attacker undoes the work of training for less than it cost; below 1, breaking takes more than training did.',
    trainingsSentence(trash),
    `Costs are compared up to ${horizons.map((horizon) => amount(horizon, clock)).join(', ')} an image; images unbroken by then count as standing to that point.`,
  ].join(' ');
}

/** Accuracy with its interval, marked where the model is far below the best. */
function accuracyCell({ learned }: TrashLine): string {
  if (learned === null) return '–';
  const { accuracy, lower, upper, better, farBelowBest } = learned;
  const mark = better ? (farBelowBest ? ', far below the best' : '') : ', as good as guessing';
  return `${percent(accuracy)} (${percent(lower)} to ${percent(upper)})${mark}`;
}

/** Figures of more models than these are taller than the words that they would stand beside. */
const MOST_BESIDE = 8;

/** Longer tables are no verdict. */
const MOST_LINES = 40;
const EXTREMES = 10;

/** All lines, or the highest and the lowest. */
function extremes(lines: readonly TrashLine[]): readonly TrashLine[] {
  if (lines.length <= MOST_LINES) return lines;
  const sorted = scoredLines(lines).toSorted((a, b) => b.value - a.value);
  return [...sorted.slice(0, EXTREMES), ...sorted.slice(-EXTREMES)];
}

/** What each defence does to survival, from the fitted model. */
function defenceSentences({ survival }: Report): Html | null {
  const effects = survival.coefficients.flatMap((line) => {
    const level = /^defence (.*)$/.exec(line.name)?.[1];
    const ratio = ratioOf(line);
    return level === undefined || ratio === null ? [] : [{ level, ...ratio }];
  });
  if (effects.length === 0) return null;
  const ofTimes = ratioKind(survival) === 'time ratio';
  const sentence = ({ level, value, lower, upper }: (typeof effects)[number]) => {
    const range = `(95 % interval ${interval(lower, upper)})`;
    if (!ofTimes && (lower > 1 || upper < 1))
      return `${readable(level)} ${lower > 1 ? 'raises' : 'lowers'} the rate at which images break to ${number(value)} times what it was ${range}.`;
    if (lower > 1) return `${readable(level)} lengthens survival ${number(value)} times ${range}.`;
    if (upper < 1) return `${readable(level)} shortens survival to ${number(value)} of what it was ${range}.`;
    return `${readable(level)} makes no difference that these data show: ${number(value)} times ${range}.`;
  };
  return html`<p>Against ${readableInline(survival.reference.defence)}, all else equal: ${effects.map(sentence).join(' ')}</p>`;
}

function largestEps(attacks: Report['attacks']): number {
  return attacks.reduce((largest, { eps }) => Math.max(largest, eps ?? 0), 0);
}

/** The two costs that TRASH divides, for each attacker, as tables. */
export function costTable({ trash, survival }: Report): Html {
  if (trash.length > MOST_LINES)
    return html`<p>${count(trash.length)} models: <a href="data/trash.csv">all scores and what they are made of (CSV)</a>, <a href="data/trash-attackers.csv">by clock and attacker</a>.</p>`;
  const scored = trash.filter(({ clocks }) => clocks.length > 0);
  const notes = trash.some(({ note }) => note !== null);
  return html`${table(
    'What TRASH is made of, per image, under the best single attack',
    [
      ...NAME_COLUMNS,
      { heading: 'Training', numeric: true, cell: (line) => amount(line.trainCostPerSample, survival.clock) },
      { heading: 'Mean to break', numeric: true, cell: (line) => amount(line.meanTimeToFailure, survival.clock) },
      { heading: 'Up to', numeric: true, cell: (line) => amount(line.horizon, survival.clock) },
      { heading: 'Broken', numeric: true, cell: ({ clocks: [one] }) => (one ? percent(one.best.broken, 0) : '–') },
      {
        heading: 'Per broken image',
        numeric: true,
        cell: ({ clocks: [one] }) => amount(one?.best.costPerBroken ?? null, survival.clock),
      },
      { heading: 'Best attack', numeric: true, cell: ({ clocks: [one] }) => (one ? figureText(one.best) : '–') },
      {
        heading: 'Longer budget: at most',
        numeric: true,
        cell: ({ clocks: [one] }) => number(one?.best.longerBudget ?? null),
      },
      ...(notes ? [{ heading: 'Note', wide: true, cell: ({ note }: TrashLine) => note ?? '' }] : []),
    ],
    trash,
  )}
${table(
  'TRASH for other attackers: the lower envelope (each image by its cheapest attack) and the mean over all attacks of the study, as in the paper',
  [
    ...NAME_COLUMNS,
    { heading: 'Best single attack', numeric: true, cell: ({ clocks: [one] }) => figureText(one.best) },
    { heading: 'Lower envelope', numeric: true, cell: ({ clocks: [one] }) => figureText(one.envelope) },
    { heading: "The paper's pooled mean", numeric: true, cell: ({ clocks: [one] }) => figureText(one.pooled) },
    {
      heading: 'Pooled mean by the survival model',
      numeric: true,
      cell: ({ byModel }) =>
        byModel === null
          ? '–'
          : `${number(byModel.value)} (${interval(byModel.lower, byModel.upper)})${byModel.misfit ? ', misfit' : ''}`,
    },
  ],
  scored,
)}
${table(
  'The three clocks: TRASH under the best single attack by each',
  [
    ...NAME_COLUMNS,
    ...CLOCKS.map((clock) => ({
      heading: clockHeading(trash, clock),
      numeric: true,
      cell: ({ clocks }: TrashLine) => {
        const one = clocks.find((each) => each.clock === clock);
        return one === undefined ? '–' : figureText(one.best);
      },
    })),
  ],
  scored,
)}
${breakEvenTable(scored, survival.clock)}`;
}

function clockHeading(trash: readonly TrashLine[], clock: SurvivalClock): string {
  if (clock !== 'seconds') return clock === 'flops' ? 'Operations' : 'Queries';
  const seconds = trash.flatMap(({ clocks }) => clocks.filter(({ calibrated }) => calibrated !== null));
  if (seconds.some(({ calibrated }) => !calibrated)) return 'Wall seconds of the run';
  return seconds.every(({ toldBy }) => toldBy === 'processor') ? 'Calibrated processor seconds' : 'Calibrated seconds';
}

/** What would make each score 1. */
function breakEvenTable(trash: readonly TrashLine[], clock: SurvivalClock): Html | null {
  const lines = trash.filter(({ breakEven }) => breakEven !== null);
  if (lines.length === 0) return null;
  return table(
    'What would make TRASH 1, all else equal, and what a rightly classified image cost',
    [
      ...NAME_COLUMNS,
      { heading: 'Epochs', numeric: true, cell: ({ breakEven: even }) => number(even?.epochs ?? null) },
      {
        heading: "Attacker's price over the trainer's",
        numeric: true,
        cell: ({ breakEven: even }) => number(even?.price ?? null),
      },
      {
        heading: 'ε allowed',
        numeric: true,
        cell: ({ breakEven: even }) => (even?.eps ? parameter(even.eps) : 'none that was tried'),
      },
      {
        heading: 'Training per right image above chance',
        numeric: true,
        cell: ({ trainCostPerSample: cost, breakEven: even }) =>
          amount(cost === null || !even?.perRightImage ? null : cost * even.perRightImage, clock),
      },
    ],
    lines,
  );
}

/** The table of costs at the study's prices; nothing where it gives none. */
export function moneyTable({ trash, prices }: Report): Html | null {
  if (prices === null || trash.length > MOST_LINES) return null;
  const { currency, training, attack } = prices;
  const money = (value: number | null | undefined) =>
    value === null || value === undefined ? '–' : `${number(value)} ${currency}`;
  return html`<p>In money, an hour of the machine that trains at ${money(training)} and of the one that attacks at ${money(attack)}: an attacker on cheaper hardware is better off by the ratio of the prices.</p>
${table(
  'TRASH at these prices, per image',
  [
    ...NAME_COLUMNS,
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
