import { useMemo, useState } from 'preact/hooks';
import type { Report } from '../../../analysis/report/index.ts';
import { PageButtons, usePages } from '../tables/pages.tsx';
import { ScrollTable } from '../tables/scrollTable.tsx';

const FILTERS = ['model', 'defence', 'attack'] as const;
type Filter = (typeof FILTERS)[number];

const TITLES: Readonly<Record<Filter, string>> = { model: 'Model', defence: 'Defence', attack: 'Attack' };

const NUMBERS = ['ε', 'Clean', 'Robust', 'Broken'];

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Every attack of a study in a table, as far as its filters let it pass. */
export function StudyAttacks({ report: { attacks } }: { readonly report: Report }) {
  const [wished, setWished] = useState<Readonly<Partial<Record<Filter, string>>>>({});
  const names = useMemo(() => FILTERS.map((filter) => [...new Set(attacks.map((line) => line[filter]))]), [attacks]);
  const passed = attacks.filter((line) => FILTERS.every((filter) => (wished[filter] ?? line[filter]) === line[filter]));
  const pages = usePages(passed);
  return (
    <>
      <h3>Attacks</h3>
      <div class="fields">
        {FILTERS.map((filter, place) => (
          <label key={filter}>
            {TITLES[filter]}
            <select
              value={wished[filter] ?? ''}
              onChange={({ currentTarget: { value } }) =>
                setWished((set) => ({ ...set, [filter]: value === '' ? undefined : value }))
              }
            >
              <option value="">all</option>
              {names[place].map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
        ))}
      </div>
      <p role="status">
        {passed.length} of {attacks.length} attacks
      </p>
      <PageButtons pages={pages} />
      <ScrollTable
        label="Attacks as a table"
        titles={[...FILTERS.map((filter) => TITLES[filter]), ...NUMBERS]}
        numbers={NUMBERS}
        tall
      >
        {pages.shown.map((line, index) => (
          <tr key={index}>
            <th scope="row">{line.model}</th>
            <td>{line.defence}</td>
            <td>{line.attack}</td>
            <td class="number">{line.eps === null ? '–' : line.eps.toPrecision(3)}</td>
            <td class="number">{percent(line.cleanAccuracy)}</td>
            <td class="number">{percent(line.robustAccuracy)}</td>
            <td class="number">
              {line.failures} of {line.samples - line.misclassifiedBefore}
            </td>
          </tr>
        ))}
      </ScrollTable>
    </>
  );
}
