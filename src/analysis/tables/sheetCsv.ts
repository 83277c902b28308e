import { isFilled, type Sheet, type SheetCell } from './sheet.ts';

/** Rows that are joined at once: of a long table they are more than any string holds. */
const PIECE = 10_000;

/**
 * A sheet as CSV (RFC 4180, UTF-8), in pieces: its heading, which is there without rows, too, and its rows. What does not exist is an
 * empty cell; true and false are 1 and 0.
 */
export function* sheetCsv({ rows, columns }: Sheet): Generator<string> {
  yield csvLine(columns.map(({ name }) => name));
  for (let start = 0; start < rows; start += PIECE) {
    const lines = Array.from({ length: Math.min(PIECE, rows - start) }, (_, k) =>
      csvLine(columns.map(({ cells }) => cells[start + k])),
    );
    yield lines.join('');
  }
}

/** Cells as a line of CSV. */
export function csvLine(cells: readonly SheetCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

export function csvCell(cell: SheetCell): string {
  if (!isFilled(cell)) return '';
  const text = typeof cell === 'boolean' ? String(Number(cell)) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
