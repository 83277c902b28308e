import type { Report } from '../../../analysis/report/index.ts';
import { Figure, ROW_NAMES } from '../figure.tsx';
import { ScrollTable } from '../tables/scrollTable.tsx';

const NUMBERS = ['TRASH', '95 % interval'];

const figure = (value: number | null) => (value === null ? '–' : value.toPrecision(3));

/** TRASH of every defended model with its 95 % interval, as a figure and a table. */
export function StudyTrash({ report: { trash } }: { readonly report: Report }) {
  const rows = trash.map((line) => ({ ...line, name: `${line.model}, ${line.defence}` }));
  const drawn = rows.filter(({ value }) => value !== null);
  return (
    <>
      <h3>TRASH</h3>
      <p>What training cost per image over the mean cost of breaking one. Above 1, breaking is cheaper.</p>
      {drawn.length > 0 && (
        <Figure
          label={`TRASH of ${drawn.length} models with intervals; the table below has the numbers`}
          caption="Logarithmic; the line is 1. Bars are 95 % intervals."
          options={(Plot) => ({
            marginLeft: ROW_NAMES.margin,
            height: 75 + 38 * drawn.length,
            x: { type: 'log', label: 'TRASH', labelAnchor: 'center', labelArrow: 'none', ticks: 5, tickFormat: '~g' },
            y: { domain: drawn.map(({ name }) => name) },
            marks: [
              Plot.axisY({ label: null, lineWidth: ROW_NAMES.lineWidth }),
              Plot.gridX({ ticks: 5, stroke: 'var(--rule)', strokeOpacity: 1 }),
              Plot.ruleX([1], { stroke: 'currentColor' }),
              Plot.ruleY(
                drawn.filter(({ lower, upper }) => lower !== null && lower > 0 && upper !== null),
                { y: 'name', x1: 'lower', x2: 'upper', stroke: 'var(--series-1)', strokeWidth: 3 },
              ),
              Plot.dot(drawn, { y: 'name', x: 'value', r: 5, fill: 'var(--series-1)' }),
            ],
          })}
        />
      )}
      <ScrollTable
        label="TRASH as a table"
        titles={['Model', 'Defence', ...NUMBERS, 'Reading', 'Best attack']}
        numbers={NUMBERS}
      >
        {rows.map(({ name, model, defence, value, lower, upper, reading, attack, note }) => (
          <tr key={name}>
            <th scope="row">{model}</th>
            <td>{defence}</td>
            <td class="number">{figure(value)}</td>
            <td class="number">
              {figure(lower)} to {figure(upper)}
            </td>
            <td>{note ?? reading}</td>
            <td>{attack ?? '–'}</td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}
