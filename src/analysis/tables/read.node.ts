import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError } from '../../engine/errors.ts';
import { readBytes } from '../../engine/platform/files.node.ts';
import { parseCsv } from './csv.ts';
import type { Cell, DataTable } from './dataTable.ts';

/** The first and last bytes of a Parquet file. */
const PARQUET = 'PAR1';

/**
 * Reads a table from a CSV or a Parquet file; which of them it is, is told by its first bytes.
 * @throws InputError the file cannot be read, is empty or no table
 */
export async function readTable(file: string): Promise<DataTable> {
  const bytes = await readBytes(file);
  if (bytes.length === 0) throw new InputError(`${file} is empty; a header line and at least one row are needed`);
  if (new TextDecoder('latin1').decode(bytes.subarray(0, 4)) === PARQUET) return parseParquet(bytes, file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(`${file} is neither UTF-8 text (CSV) nor Parquet`);
    throw error;
  }
  return parseCsv(text, file);
}

async function parseParquet(bytes: Uint8Array, file: string): Promise<DataTable> {
  const buffer = bytes.slice().buffer;
  let records: readonly Record<string, unknown>[];
  let names: readonly string[];
  try {
    const metadata = parquetMetadata(buffer);
    const [root] = metadata.schema;
    names = metadata.schema.slice(1, 1 + (root.num_children ?? 0)).map(({ name }) => name);
    records = await parquetReadObjects({ file: buffer, metadata, compressors });
  } catch (error) {
    // hyparquet reports every damage as a plain Error.
    if (error instanceof Error)
      throw new InputError(`${file} is not a whole Parquet file: ${error.message.replace(/\s+/g, ' ')}`);
    throw error;
  }
  if (records.length === 0) throw new InputError(`${file} has no rows; at least one is needed`);
  const columns = new Map(names.map((name) => [name, records.map((record) => cellOf(record[name]))]));
  return { file, rows: records.length, columns, lines: null };
}

/** A Parquet value as a cell: whole numbers of 64 bits become numbers, dates their text. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}
