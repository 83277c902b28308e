import { ScrollTable } from './scrollTable.tsx';

/** A table of names and what belongs to each. */
export function Facts({
  caption,
  facts,
}: {
  readonly caption: string;
  readonly facts: Readonly<Record<string, unknown>>;
}) {
  return (
    <ScrollTable label={caption} caption={caption}>
      {Object.entries(facts).map(([name, value]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td class={typeof value === 'number' ? 'number' : ''}>{textOf(value)}</td>
        </tr>
      ))}
    </ScrollTable>
  );
}

function textOf(value: unknown): string {
  if (value === null) return 'not as it should be: refused';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' ? value.toLocaleString('en') : String(value);
}
