import { type Cell, isMissingNumber, isMissingWord } from './dataTable.ts';
import type { SheetColumn } from './sheet.ts';

/** A whole number without leading zeros, which would be a part of an identifier. */
const WHOLE = /^-?(0|[1-9]\d*)$/;
/** A number that a double holds to all that is written, or nearly: whole numbers are another matter. */
const FRACTION = /^-?(0|[1-9]\d*)?(\.\d+(e[+-]?\d+)?|e[+-]?\d+)$/i;
const LARGEST = 2n ** 63n - 1n;

/**
 * A column of a file that was read, to be written beside figures: whole numbers stay exact, so that identifiers are never merged; text
 * that looks like numbers becomes numbers only of a file that knows no types.
 * @param hasTypes whether the file tells text from numbers (Parquet; not CSV)
 */
export function carriedColumn(name: string, cells: readonly Cell[], hasTypes: boolean): SheetColumn {
  const filled = cells.filter((cell) => !isMissingNumber(cell));
  if (filled.length > 0 && filled.every((cell) => typeof cell === 'boolean')) {
    return { name, type: 'truth', cells: cells.map((cell) => (typeof cell === 'boolean' ? cell : null)) };
  }
  // Whole numbers beyond a double come as text from files of either kind.
  const isNumber = (cell: Cell) => typeof cell === 'number' || (hasTypes ? isLarge(cell) : typeof cell === 'string');
  if (filled.length > 0 && filled.every(isNumber)) {
    const texts = filled.map(String);
    if (texts.every(isWhole))
      return { name, type: 'whole', cells: cells.map((cell) => (isMissingNumber(cell) ? null : BigInt(cell!))) };
    if (texts.every((text) => FRACTION.test(text) || (isWhole(text) && Number.isSafeInteger(Number(text)))))
      return { name, type: 'number', cells: cells.map((cell) => (isMissingNumber(cell) ? null : Number(cell))) };
  }
  return { name, type: 'text', cells: cells.map((cell) => (isMissingWord(cell) ? null : String(cell))) };
}

function isWhole(text: string): boolean {
  if (!WHOLE.test(text)) return false;
  const value = BigInt(text);
  return value <= LARGEST && value >= -LARGEST - 1n;
}

function isLarge(cell: Cell): boolean {
  return typeof cell === 'string' && isWhole(cell) && !Number.isSafeInteger(Number(cell));
}
