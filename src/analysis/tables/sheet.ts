/** What the cells of a written column are: text, doubles, 64-bit whole numbers, or true and false. */
export type SheetType = 'text' | 'number' | 'whole' | 'truth';

/** A cell to be written; null where there is nothing. A number that is not finite is nothing, too. */
export type SheetCell = string | number | bigint | boolean | null;

/** A column to be written. */
export interface SheetColumn {
  readonly name: string;
  readonly type: SheetType;
  readonly cells: readonly SheetCell[];
}

/** A table to be written. Its columns do not follow from its rows: it has them where it has no rows, too. */
export interface Sheet {
  readonly rows: number;
  readonly columns: readonly SheetColumn[];
}

interface CellTypes {
  readonly text: string;
  readonly number: number;
  readonly whole: number | bigint;
  readonly truth: boolean;
}

/** Names of columns in their order, and what they hold. */
export type Heading = Readonly<Record<string, SheetType>>;

/** A row under a heading. */
export type SheetRow<H extends Heading> = { readonly [K in keyof H]: CellTypes[H[K]] | null };

/** A sheet of rows: the columns of the heading, in its order; what else a row holds is left out. */
export function sheetOf<H extends Heading>(heading: H, rows: readonly SheetRow<H>[]): Sheet {
  return {
    rows: rows.length,
    columns: Object.entries(heading).map(([name, type]) => ({
      name,
      type,
      cells: rows.map((row): SheetCell => row[name as keyof H]),
    })),
  };
}

/** Whether a cell holds something. */
export function isFilled(cell: SheetCell): cell is Exclude<SheetCell, null> {
  return cell !== null && (typeof cell !== 'number' || Number.isFinite(cell));
}
