import type { AssumedAttack, AssumedDefence, Assumptions } from '../evidence/assumptions.ts';
import { STANDARDS, type StandardLine } from '../evidence/standards.ts';
import { describeData } from '../lines/describeData.ts';
import { count, parameter } from '../page/format.ts';
import { definitions, type Html, html, table } from '../page/html.ts';
import { normName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';

/** What the figures hold under. Null where nothing was attacked. */
export function assumptionsSection({ assumptions, attacks, data }: Report): Section | null {
  if (attacks.length === 0) return null;
  return {
    id: 'assumptions',
    heading: 'Assumptions',
    body: html`<p>What is said of survival and cost holds for attackers who know, ask and may change this much, and for these images. All of it is read from the trials.</p>
${definitions([
  ['Goal', 'a wrong class, whichever'],
  ['Budget for an image', budgetText(assumptions)],
  [
    'Images',
    `${assumptions.samples.map(count).join(', ')} a trial, class-balanced, chosen by the seed: ${data.map(describeData).join('; ')}`,
  ],
  ['Seeds', assumptions.seeds.join(', ')],
  ['Pixels', 'in [0, 1]; ε, distances and defences are in this unit'],
])}
${attackTable(assumptions.attacks)}
${defenceTable(assumptions.defences)}`,
  };
}

function budgetText({ budgets, protocols }: Assumptions): string {
  if (protocols.length > 0)
    return protocols.map(({ passes }) => `${count(passes)} forward and backward passes (AttackBench)`).join('; ');
  if (budgets.length === 0) return 'none but the steps of each attack';
  return budgets
    .map(({ maxSeconds, maxQueries, maxGradients }) =>
      [
        ...(maxSeconds === undefined ? [] : [`${parameter(maxSeconds)} s`]),
        ...(maxQueries === undefined ? [] : [`${count(maxQueries)} queries`]),
        ...(maxGradients === undefined ? [] : [`${count(maxGradients)} gradients`]),
      ].join(', '),
    )
    .join('; ');
}

/** So many strengths are listed one by one. */
const MOST_STRENGTHS = 6;

const strengthText = ({ eps, pixels }: AssumedAttack): string => {
  const values = eps.length > 0 ? eps.map(parameter) : pixels.map((pixel) => `${count(pixel)} pixels`);
  if (values.length === 0) return 'as far as it must';
  return values.length > MOST_STRENGTHS
    ? `${values.length} from ${values[0]} to ${values[values.length - 1]}`
    : values.join(', ');
};

const attackTable = (attacks: readonly AssumedAttack[]): Html =>
  table(
    'Attackers',
    [
      { heading: 'Attack', header: true, cell: ({ attack }: AssumedAttack) => readable(attack) },
      { heading: 'Knowledge', cell: ({ knowledge }) => knowledge },
      { heading: 'Access', cell: ({ asks }) => `${asks} of the defended model` },
      { heading: 'Norm', cell: ({ norm }) => normName(norm) },
      { heading: 'Strength', wide: true, cell: strengthText },
      { heading: 'Most queries', numeric: true, cell: ({ mostQueries }) => count(mostQueries) },
      { heading: 'Most gradients', numeric: true, cell: ({ mostGradients }) => count(mostGradients) },
    ],
    attacks,
  );

function drawsText({ draws, adaptations }: AssumedDefence): string {
  if (draws.length === 0) return adaptations.includes('nothing to adapt to') ? '–' : 'not random';
  return draws.map((number) => (number === 1 ? 'one draw: not adapted' : `EOT of ${count(number)}`)).join('; ');
}

const defenceTable = (defences: readonly AssumedDefence[]): Html =>
  table(
    'Whether attacks were adapted to defences',
    [
      { heading: 'Defence', header: true, cell: ({ defence }: AssumedDefence) => readable(defence) },
      { heading: 'Acts on', cell: ({ acts }) => acts },
      { heading: 'Attacks took', wide: true, cell: ({ adaptations }) => adaptations.join('; ') },
      { heading: 'Randomness', cell: drawsText },
    ],
    defences,
  );

/** What the report is evidence for in two texts that auditors ask by. */
export function standardsSection({ standards }: Report): Section {
  const texts = Object.entries(STANDARDS) as [StandardLine['standard'], string][];
  return {
    id: 'standards',
    heading: 'What this covers of NIST AI 100-2 and the EU AI Act',
    body: html`<p>Rows name what of this report is evidence, and what is not. No row is covered whole, and none says that a system complies: that is for those who know its purpose.</p>
${texts.map(
  ([standard, title]) =>
    html`<h3>${title}</h3>
${standardTable(
  standard === 'nist' ? 'NIST AI 100-2' : 'EU AI Act, Article 15',
  standards.filter((line) => line.standard === standard),
)}`,
)}`,
  };
}

const standardTable = (caption: string, lines: readonly StandardLine[]): Html =>
  table(
    caption,
    [
      { heading: 'Passage', header: true, wide: true, cell: ({ reference }: StandardLine) => reference },
      { heading: 'Subject', wide: true, cell: ({ subject }) => subject },
      { heading: 'Covered', cell: ({ coverage }) => coverage },
      { heading: 'Evidence', wide: true, cell: ({ evidence }) => evidence || '–' },
      { heading: 'Not covered', wide: true, cell: ({ missing }) => missing },
    ],
    lines,
  );
