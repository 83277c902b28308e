import { accuracyChart, strengthOf } from '../charts/accuracy.ts';
import type { Grid } from '../charts/figure.ts';
import { legend } from '../charts/legend.ts';
import { count, parameter, percent } from '../format.ts';
import { groupBy } from '../groupBy.ts';
import { type Html, html, table } from '../html.ts';
import { normName, readable } from '../names.ts';
import type { AttackLine, Report } from '../report.ts';
import { figure } from './figure.ts';
import { seedColumn } from './provenance.ts';

/** Accuracy against strength: a figure for each attack. */
export function accuracySection({ attacks, samples }: Report, grid: Grid): Html {
  const groups = groupBy(attacks, ({ attack }) => attack);
  const [drawn, unlimited] = [true, false].map((has) => groups.filter(([line]) => (strengthOf(line) !== null) === has));
  return html`<section aria-labelledby="accuracy">
<h2 id="accuracy">Accuracy against strength</h2>
<p>Share of ${count(samples)} class-balanced test images that each model still gets right. ε bounds the perturbation, on a scale where pixels lie between 0 and 1; at 0 nothing was attacked.</p>
${legend(grid.defences)}
${drawn.map((lines) =>
  figure(accuracyChart(lines, grid), html`<b>${readable(lines[0].attack)}</b>, by model.`, 'accuracy.csv'),
)}
${
  unlimited.length > 0
    ? html`<p>${unlimited.map(([line]) => readable(line.attack)).join(', ')}: no limit to how far an image may change, so no strength to draw; see the attack table.</p>`
    : null
}
${groups.length === 0 ? html`<p>No attack is finished.</p>` : null}
</section>`;
}

/** Every attack at every strength in numbers. */
export function attackTable({ attacks, seeds }: Report): Html {
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
