import { groupBy } from '../../../base/groupBy.ts';
import { type AccuracyInput, accuracyPanels, strengthOf } from '../charts/accuracy.ts';
import { accuracyByChart } from '../charts/accuracyBy.ts';
import { ALL_MODELS, fits, type Grid } from '../charts/figure.ts';
import { legend } from '../charts/legend.ts';
import type { AttackLine } from '../document.ts';
import type { AccuracyLine } from '../lines/accuracy.ts';
import { count, parameter, percent } from '../page/format.ts';
import { type Html, html, table } from '../page/html.ts';
import { factorName, levelName, normName, readable } from '../page/names.ts';
import type { Section } from '../page/page.ts';
import type { Report } from '../report.ts';
import { family, levelsOf } from '../rows/factors.ts';
import { beside, eitherLayout, figure, panelGrid } from './figure.ts';
import { seedColumn } from './provenance.ts';

/** Accuracy by everything that varies, then against strength: a figure for each attack. */
export function accuracySection({ attacks, accuracy, samples }: Report, grid: Grid): Section {
  const { lines, grid: shown, pooled } = drawable(attacks, grid);
  const groups = groupBy(lines, ({ attack }) => attack);
  const [drawn, unlimited] = [true, false].map((has) => groups.filter(([line]) => (strengthOf(line) !== null) === has));
  const single = shown.models.length === 1;
  const figures = drawn.map((points) =>
    figure(
      panelGrid(accuracyPanels(points, shown)),
      html`<b>${readable(points[0].attack)}</b>, ${pooled ? 'all models together' : single ? shown.models[0] : 'by model'}.`,
      'accuracy.csv',
    ),
  );
  return {
    id: 'accuracy',
    heading: 'Accuracy and robustness',
    body: html`<p>Share of ${count(samples)} class-balanced test images that each model still gets right, before attacks and after.</p>
${accuracy.length === 0 ? html`<p>No attack is finished.</p>` : overview(accuracy)}
${
  drawn.length === 0
    ? null
    : html`<h3>Against strength</h3>
<p>ε bounds the perturbation, on a scale where pixels lie between 0 and 1; at 0 nothing was attacked.${pooled ? ' Means over all models.' : ''}</p>
${legend(shown.defences)}
${single ? html`<div class="panels">${figures}</div>` : figures}`
}
${
  unlimited.length > 0
    ? html`<p>${unlimited.map(([line]) => readable(line.attack)).join(', ')}: no limit to how far an image may change, so no strength to draw.</p>`
    : null
}`,
  };
}

function overview(accuracy: readonly AccuracyLine[]): Html {
  const drawing = figure(
    eitherLayout((layout) => accuracyByChart(accuracy, layout)),
    html`Mean accuracy before (ring) and after attacks (square), over everything else; lines hold nine of ten attacks.`,
    'accuracy-by.csv',
  );
  const numbers = table(
    'Accuracy by what was varied',
    [
      { heading: 'Factor', header: true, cell: ({ factor }: AccuracyLine) => factorName(factor) },
      { heading: 'Level', cell: ({ factor, level }) => levelName(factor, level) },
      { heading: 'Attacks', numeric: true, cell: ({ attacks }) => count(attacks) },
      { heading: 'Before', numeric: true, cell: ({ before }) => percent(before.mean) },
      { heading: 'After', numeric: true, cell: ({ after }) => percent(after.mean) },
      { heading: 'Nine of ten', numeric: true, cell: ({ after }) => `${percent(after.low)} to ${percent(after.high)}` },
    ],
    accuracy,
  );
  return beside(drawing, numbers);
}

/** The lines as a figure has room for them: as they are, or all models together and defences by name. */
function drawable(
  attacks: readonly AttackLine[],
  grid: Grid,
): { readonly lines: readonly AccuracyInput[]; readonly grid: Grid; readonly pooled: boolean } {
  if (fits(grid)) return { lines: attacks, grid, pooled: false };
  const defences = levelsOf(attacks, 'defence').map(({ level }) => level);
  const named = (defence: string) => (defences.includes(defence) ? defence : family(defence));
  const lines = attacks.map((line) => ({ ...line, model: ALL_MODELS, defence: named(line.defence) }));
  return { lines, grid: { models: [ALL_MODELS], defences }, pooled: true };
}

/** A table of more attacks than these is no reading; the file holds them. */
const MOST_ATTACKS = 200;

/** Every attack at every strength in numbers. */
export function attackTable({ attacks, seeds }: Report): Html {
  if (attacks.length > MOST_ATTACKS)
    return html`<p>${count(attacks.length)} attacks: <a href="data/attacks.csv">all in numbers (CSV)</a>.</p>`;
  return table(
    'Attacks',
    [
      { heading: 'Model', header: true, cell: ({ model }: AttackLine) => model },
      { heading: 'Defence', cell: ({ defence }) => readable(defence) },
      { heading: 'Attack', cell: ({ attack, norm }) => `${readable(attack)}, ${normName(norm)}` },
      { heading: 'ε', numeric: true, cell: ({ eps }) => (eps === null ? '–' : parameter(eps)) },
      ...(attacks.some(({ pixels }) => pixels !== null)
        ? [
            {
              heading: 'Pixels',
              numeric: true,
              cell: ({ pixels }: AttackLine) => (pixels === null ? '–' : count(pixels)),
            },
          ]
        : []),
      ...seedColumn(seeds),
      { heading: 'Images', numeric: true, cell: ({ samples }) => count(samples) },
      { heading: 'Wrong before', numeric: true, cell: ({ misclassifiedBefore }) => count(misclassifiedBefore) },
      { heading: 'Broken', numeric: true, cell: ({ failures }) => count(failures) },
      {
        heading: 'Broken, in 8 bits',
        numeric: true,
        cell: ({ failuresAfterRounding }) => count(failuresAfterRounding),
      },
      { heading: 'Accuracy before', numeric: true, cell: ({ cleanAccuracy }) => percent(cleanAccuracy) },
      { heading: 'Accuracy after', numeric: true, cell: ({ robustAccuracy }) => percent(robustAccuracy) },
    ],
    attacks,
  );
}
