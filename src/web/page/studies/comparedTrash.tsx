import type { ReportComparison, TrashPair } from '../../../analysis/report/index.ts';
import { typeset } from '../../../base/notation.ts';
import { Figure, ROW_NAMES } from '../figure.tsx';
import { ScrollTable } from '../tables/scrollTable.tsx';

const { number, interval } = typeset;

const LETTERS = ['A', 'B'];
const NUMBERS = [...LETTERS, 'B / A'];

const scoreText = (line: TrashPair['lines'][number]) =>
  line === null ? '–' : `${number(line.value)} (${interval(line.lower, line.upper)})`;

/** TRASH of every defended model in both reports, and the ratio of the two. */
export function ComparedTrash({ comparison: { trash } }: { readonly comparison: ReportComparison }) {
  const several = new Set(trash.map(({ dataset }) => dataset)).size > 1;
  const rows = trash.map(({ dataset, ...pair }) => ({
    ...pair,
    model: several ? `${pair.model} on ${dataset}` : pair.model,
  }));
  const drawn = rows.flatMap(({ model, defence, lines }) =>
    lines.flatMap((line, k) =>
      line === null || line.value === null ? [] : [{ ...line, run: LETTERS[k], name: `${model}, ${defence}` }],
    ),
  );
  const bounded = drawn.filter(({ lower, upper }) => lower !== null && lower > 0 && upper !== null);
  const names = [...new Set(drawn.map(({ name }) => name))];
  return (
    <>
      <h3>TRASH</h3>
      <p>What training cost per image over the mean cost of breaking one. Above 1, breaking is cheaper.</p>
      {drawn.length > 0 && (
        <>
          <ul class="legend">
            {LETTERS.map((letter, k) => (
              <li key={letter}>
                <span class="swatch" style={{ background: `var(--series-${k + 1})` }} />
                {letter}
              </li>
            ))}
          </ul>
          <Figure
            label={`TRASH of ${names.length} models in both runs with intervals; the table below has the numbers`}
            caption="Logarithmic; the line is 1. Bars are 95 % intervals."
            options={(Plot) => ({
              marginLeft: ROW_NAMES.margin,
              height: 75 + 42 * names.length,
              color: { domain: LETTERS, range: ['var(--series-1)', 'var(--series-2)'] },
              x: { type: 'log', label: 'TRASH', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickFormat: '~g' },
              y: { axis: null, domain: LETTERS, padding: 0.4 },
              fy: { domain: names },
              marks: [
                Plot.axisFy({ anchor: 'left', label: null, lineWidth: ROW_NAMES.lineWidth }),
                Plot.gridX({ ticks: 5, stroke: 'var(--rule)', strokeOpacity: 1 }),
                Plot.ruleX([1], { stroke: 'currentColor' }),
                Plot.ruleY(bounded, { fy: 'name', y: 'run', x1: 'lower', x2: 'upper', stroke: 'run', strokeWidth: 3 }),
                Plot.dot(drawn, { fy: 'name', y: 'run', x: 'value', r: 4, fill: 'run' }),
              ],
            })}
          />
        </>
      )}
      <ScrollTable
        label="TRASH of both runs as a table"
        caption="With 95 % intervals; those of A and B count as independent in their ratio"
        titles={['Model', 'Defence', ...NUMBERS]}
        numbers={NUMBERS}
      >
        {rows.map(({ model, defence, lines, ratio }) => (
          <tr key={`${model}, ${defence}`}>
            <th scope="row">{model}</th>
            <td>{defence}</td>
            {lines.map((line, k) => (
              <td key={LETTERS[k]} class="number">
                {scoreText(line)}
              </td>
            ))}
            <td class="number">
              {ratio === null ? '–' : `${number(ratio.estimate)} (${interval(ratio.lower, ratio.upper)})`}
            </td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}
