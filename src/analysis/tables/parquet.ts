import { parquetMetadata, parquetReadObjects, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { InputError } from '../../base/errors.ts';
import type { Cell, DataTable } from './dataTable.ts';
import { checkPages, checkRows } from './parquetPages.ts';

/**
 * Times as text with all their digits: a Date has milliseconds only, and none for infinite and far times, which DuckDB writes as the
 * ends of 64 bits; these are their number.
 */
const timeText = (perSecond: bigint) => (value: bigint | number) => {
  const ticks = BigInt(value);
  const rest = ((ticks % perSecond) + perSecond) % perSecond;
  const date = new Date(Number((ticks - rest) / perSecond) * 1000);
  if (Number.isNaN(date.getTime())) return String(ticks) as unknown as Date;
  const digits = String(rest).padStart(String(perSecond).length - 1, '0');
  const fraction = digits.slice(0, 3) + digits.slice(3).replace(/0+$/, '');
  return date.toISOString().replace('.000Z', `.${fraction}Z`) as unknown as Date;
};

const PARSERS = {
  timestampFromMilliseconds: timeText(1000n),
  timestampFromMicroseconds: timeText(1_000_000n),
  timestampFromNanoseconds: timeText(1_000_000_000n),
  dateFromDays: (days: number) => {
    const date = new Date(days * 86_400_000);
    return (Number.isNaN(date.getTime()) ? String(days) : date.toISOString()) as unknown as Date;
  },
};

/**
 * The columns of a Parquet file that are asked for (all of them when left out), by their names at the top level. Whole numbers and
 * decimals that a double cannot hold are their exact decimal text; a 32-bit float is the shortest decimal that it is read back from,
 * as in a CSV file of it.
 * @throws InputError the file is damaged, encrypted or empty, or a column that is asked for cannot be read
 */
export async function parseParquet(bytes: Uint8Array, file: string, wanted?: readonly string[]): Promise<DataTable> {
  const buffer = bytes.slice().buffer;
  const oneLine = (error: unknown) => {
    // hyparquet reports every damage as a plain Error.
    if (!(error instanceof Error)) throw error;
    return error.message.replace(/\s+/g, ' ');
  };
  let metadata: ReturnType<typeof parquetMetadata>;
  let root: SchemaTree;
  try {
    metadata = withRawDecimals(parquetMetadata(buffer));
    root = parquetSchema(metadata);
    checkRows(metadata, bytes.length);
  } catch (error) {
    const reason = oneLine(error);
    if (/encrypt|thrift unhandled type/i.test(reason))
      throw new InputError(`${file} cannot be read; write it as Parquet without encryption (${reason})`);
    throw new InputError(`${file} is not a whole Parquet file: ${reason}`);
  }
  const rows = Number(metadata.num_rows);
  if (rows === 0) throw new InputError(`${file} has no rows; at least one is needed`);
  const columns = new Map<string, readonly Cell[]>(root.children.map(({ element }) => [element.name, []]));
  const unusable = new Map<string, string>();
  for (const name of columns.keys()) {
    const elements = root.children.filter(({ element }) => element.name === name);
    if (elements.length > 1) unusable.set(name, `two columns are named "${name}"`);
    else if (elements[0].children.length > 0 || elements[0].element.repetition_type === 'REPEATED')
      unusable.set(name, `column "${name}" is nested (lists or records); a column of single values is needed`);
    if (unusable.has(name) || (wanted !== undefined && !wanted.includes(name))) continue;
    try {
      checkPages(buffer, metadata, name, { element: elements[0].element, compressors });
      const records = await parquetReadObjects({
        file: buffer,
        metadata,
        compressors,
        columns: [name],
        parsers: PARSERS,
      });
      columns.set(
        name,
        records.map((record) => cellOf(record[name], elements[0].element)),
      );
    } catch (error) {
      const reason = oneLine(error);
      const hint = reason.includes('thrift') ? ' (it may be encrypted)' : '';
      unusable.set(name, `column "${name}" cannot be read: ${reason}${hint}`);
    }
  }
  return { file, rows, columns, unusable, lines: null };
}

/** A decimal's scale is remembered, and its type forgotten, so that its digits come as they are and not as a double. */
function withRawDecimals(metadata: ReturnType<typeof parquetMetadata>): ReturnType<typeof parquetMetadata> {
  const schema = metadata.schema.map((element) =>
    isDecimal(element)
      ? { ...element, converted_type: undefined, logical_type: undefined, scale: element.scale ?? 0 }
      : element,
  );
  return { ...metadata, schema };
}

const isDecimal = ({ converted_type, logical_type }: SchemaElement) =>
  converted_type === 'DECIMAL' || logical_type?.type === 'DECIMAL';

/** A Parquet value as a cell. */
function cellOf(value: unknown, { type, scale }: SchemaElement): Cell {
  if (value === null || value === undefined) return null;
  if (scale !== undefined && (value instanceof Uint8Array || typeof value === 'bigint' || typeof value === 'number'))
    return decimalText(value instanceof Uint8Array ? wholeOf(value) : BigInt(value), scale);
  if (typeof value === 'number') return type === 'FLOAT' ? shortestDecimal(value) : value;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  // 16 bytes that are said to be nothing else are a whole number in Polars' order.
  if (value instanceof Uint8Array) return String(wholeOf(value.slice().reverse()));
  return value instanceof Date ? value.toISOString() : JSON.stringify(value);
}

/** Big-endian two's complement, as Parquet keeps decimals. */
function wholeOf(bytes: Uint8Array): bigint {
  return BigInt.asIntN(
    8 * bytes.length,
    bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n),
  );
}

function decimalText(digits: bigint, scale: number): string {
  if (scale === 0) return String(digits);
  const size = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const fraction = size.slice(-scale).replace(/0+$/, '');
  return `${digits < 0n ? '-' : ''}${size.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The shortest decimal that rounds to this 32-bit float: 0.1, not 0.10000000149011612. */
function shortestDecimal(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : value;
}
