import type { ComponentChildren } from 'preact';

export interface ScrollTableProps {
  /** What the table is, for those who do not see it. */
  readonly label: string;
  readonly caption?: string;
  /** Titles of the columns; left out, the table has none. */
  readonly titles?: readonly string[];
  /** Which of the titles stand above numbers. */
  readonly numbers?: readonly string[];
  /** Whether its rows scroll, too, beneath the titles. */
  readonly tall?: boolean;
  /** The rows of its body. */
  readonly children: ComponentChildren;
}

/** A table that scrolls by itself where it is wider than the page. */
export function ScrollTable({ label, caption, titles, numbers = [], tall = false, children }: ScrollTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class={tall ? 'scroll tall' : 'scroll'} tabIndex={0} aria-label={label}>
      <table>
        {caption !== undefined && <caption>{caption}</caption>}
        {titles !== undefined && (
          <thead>
            <tr>
              {titles.map((title) => (
                <th key={title} scope="col" class={numbers.includes(title) ? 'number' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
