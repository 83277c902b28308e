import { InputError } from '../../base/errors.ts';
import { readBytes } from '../../base/files.node.ts';
import { parseCsv } from './csv.ts';
import type { DataTable } from './dataTable.ts';
import { parseParquet } from './parquet.ts';

/** The first and last bytes of a Parquet file. */
const PARQUET = 'PAR1';
/** The first and last bytes of a Parquet file whose list of columns is encrypted. */
const ENCRYPTED = 'PARE';

export interface ReadOptions {
  /** The columns that will be used, of a Parquet file the only ones that are read; all when left out. */
  readonly columns?: readonly string[];
  /** Decimal mark of a CSV file, where it cannot be told. */
  readonly decimal?: 'point' | 'comma';
}

/**
 * Reads a table from a CSV or a Parquet file; which of them it is, is told by its first bytes. Text is UTF-8, UTF-16 with a byte order
 * mark, or else Windows-1252 (Latin-1).
 * @throws InputError the file cannot be read, is empty or no table
 */
export async function readTable(file: string, { columns, decimal }: ReadOptions = {}): Promise<DataTable> {
  const bytes = await readBytes(file);
  if (bytes.length === 0) throw new InputError(`${file} is empty; a header line and at least one row are needed`);
  const signature = new TextDecoder('latin1').decode(bytes.subarray(0, 4));
  if (signature === ENCRYPTED) throw new InputError(`${file} is encrypted Parquet; write it without encryption`);
  if (signature === PARQUET) return parseParquet(bytes, file, columns);
  return parseCsv(textOf(bytes, file), file, decimal);
}

function textOf(bytes: Uint8Array, file: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Text of one byte a letter has no control characters but tabs and line ends.
    if (encoding !== 'utf-8' || bytes.some((byte) => byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 13))
      throw new InputError(`${file} is neither text (UTF-8, UTF-16, Latin-1) nor Parquet`);
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
