import { plain } from '../../base/notation.ts';

/** A line of what a command prints, or a table of it. As text both ignore the width of the terminal. */
export type Line = string | Table;

type Rows = readonly (readonly string[])[];

/** A table: the first row is its heading, the first column names the rows and is aligned to the left, the others to the right. */
export class Table {
  constructor(private readonly rows: Rows) {}

  /**
   * The table for a file or another program. An empty cell holds `NA`, so that splitting a row at two blanks gives as many cells as its
   * heading has.
   */
  toString(): string {
    const [head, ...rows] = this.rows;
    return aligned([head, ...rows.map(([name, ...cells]) => [name, ...cells.map((cell) => cell || plain.none)])]).join(
      '\n',
    );
  }

  /**
   * Lines of at most so many columns. A wider table is printed in parts, as many columns in each as fit, with the names of the rows, as
   * pandas and R do; where not even a single column fits beside the names, every cell is a line, under the name of its row.
   */
  fitted(columns: number): string[] {
    const whole = aligned(this.rows);
    if (widest(whole) <= columns) return whole;
    const [names, ...others] = widthsOf(this.rows);
    if (names > columns / 2 || others.some((width) => names + GAP.length + width > columns))
      return this.stacked(columns);
    const parts: number[][] = [];
    let used = Number.POSITIVE_INFINITY;
    others.forEach((width, k) => {
      used += GAP.length + width;
      if (used > columns) {
        parts.push([0]);
        used = names + GAP.length + width;
      }
      parts[parts.length - 1].push(k + 1);
    });
    return parts.flatMap((part, i) => [
      ...(i === 0 ? [] : ['']),
      ...aligned(this.rows.map((row) => part.map((k) => row[k]))),
    ]);
  }

  private stacked(columns: number): string[] {
    const [[, ...heads], ...rows] = this.rows;
    const width = Math.max(...heads.map(({ length }) => length));
    return rows.flatMap(([name, ...cells]) => [
      ...wrapped(name, columns),
      ...cells.flatMap((cell, k) => (cell === '' ? [] : wrapped(`  ${heads[k].padEnd(width)}  ${cell}`, columns))),
    ]);
  }
}

const GAP = '  ';

const widest = (lines: readonly string[]): number => Math.max(0, ...lines.map(({ length }) => length));

const widthsOf = (rows: Rows): number[] => rows[0].map((_, k) => widest(rows.map((row) => row[k])));

function aligned(rows: Rows): string[] {
  const widths = widthsOf(rows);
  return rows.map((row) =>
    row
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k])))
      .join(GAP)
      .trimEnd(),
  );
}

/**
 * A line in pieces of at most so many columns, divided between words; all but the first are indented two more. A longer
 * word, such as a path, stays whole.
 */
export function wrapped(line: string, columns: number): string[] {
  if (line.length <= columns) return [line];
  const indent = `${/^ */.exec(line)?.[0]}  `;
  const pieces: string[] = [];
  let piece = '';
  for (const [word] of line.matchAll(/\s*\S+/g)) {
    if (piece.trim() !== '' && piece.length + word.length > columns) {
      pieces.push(piece);
      piece = indent + word.trimStart();
    } else piece += word;
  }
  return [...pieces, piece];
}
