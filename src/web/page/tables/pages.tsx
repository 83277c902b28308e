import { useState } from 'preact/hooks';

/** Rows of a page of a table: so many are laid out and painted at once in a few milliseconds. */
const ROWS = 100;

/** A part of a table's rows, and where it is. */
export interface Pages<Row> {
  readonly shown: readonly Row[];
  readonly first: number;
  readonly count: number;
  turn(to: number): void;
}

/** Divides the rows of a long table into pages, of which one is shown. */
export function usePages<Row>(rows: readonly Row[]): Pages<Row> {
  const [wished, setWished] = useState(0);
  // Filters may leave fewer rows than there were when the page was turned.
  const first = wished < rows.length ? wished : 0;
  return { shown: rows.slice(first, first + ROWS), first, count: rows.length, turn: setWished };
}

/** Turns the pages of a table, where it has several. */
export function PageButtons<Row>({ pages: { shown, first, count, turn } }: { readonly pages: Pages<Row> }) {
  if (count <= ROWS) return null;
  const last = Math.floor((count - 1) / ROWS) * ROWS;
  const button = (label: string, to: number, possible: boolean) => (
    <button type="button" disabled={!possible} onClick={() => turn(to)}>
      {label}
    </button>
  );
  return (
    <nav class="pages" aria-label="Pages of the table">
      {button('First', 0, first > 0)}
      {button('Previous', first - ROWS, first > 0)}
      {button('Next', first + ROWS, first + ROWS < count)}
      {button('Last', last, first < last)}
      <span>
        rows {(first + 1).toLocaleString('en')} to {(first + shown.length).toLocaleString('en')}
      </span>
    </nav>
  );
}
