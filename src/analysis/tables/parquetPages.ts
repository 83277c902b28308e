import type { ColumnMetaData, Compressors, DataReader, FileMetaData, SchemaElement } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { readVarInt } from 'hyparquet/src/thrift.js';

/* What a Parquet file announces is checked before its library makes it: a run of a few bytes may stand for billions of values. */

/** Rows that any file may have, and rows for each of its bytes: equal values take next to no room. */
const ROWS_OF_ANY_FILE = 2 ** 20;
const ROWS_PER_BYTE = 1000;

/** @throws Error more rows than a file of so many bytes may have, or groups of rows that are not those of the file */
export function checkRows({ num_rows: announced, row_groups: groups }: FileMetaData, bytes: number): void {
  const rows = Number(announced);
  const most = Math.max(ROWS_OF_ANY_FILE, ROWS_PER_BYTE * bytes);
  if (!(rows >= 0 && rows <= most))
    throw new Error(`${rows} rows are announced; a file of ${bytes} bytes has at most ${most}`);
  const counts = groups.map(({ num_rows: count }) => Number(count));
  if (counts.some((count) => !(count >= 0)) || counts.reduce((sum, count) => sum + count, 0) !== rows)
    throw new Error(`its groups have other rows than the ${rows} that are announced`);
}

/** What decides how a column's pages are read. */
interface Column {
  readonly element: SchemaElement;
  readonly compressors: Compressors;
}

/**
 * Goes through the pages of a column of single values.
 * @throws Error a page, or a run in it, announces more values than its group has rows
 */
export function checkPages(
  file: ArrayBuffer,
  { row_groups: groups }: FileMetaData,
  name: string,
  column: Column,
): void {
  for (const { columns, num_rows: rows } of groups) {
    const chunk = columns.find(({ meta_data: found }) => found?.path_in_schema[0] === name)?.meta_data;
    if (chunk !== undefined) checkChunk(viewOf(file, chunk), Number(rows), chunk, column);
  }
}

/** The bytes of a column in one group of rows. */
function viewOf(file: ArrayBuffer, chunk: ColumnMetaData): DataView {
  const data = Number(chunk.data_page_offset);
  const start = Math.min(data, Number(chunk.dictionary_page_offset) || data);
  return new DataView(file, start, Math.min(Number(chunk.total_compressed_size), file.byteLength - start));
}

const isDictionary = (encoding: string | undefined) => encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY';

function checkChunk(view: DataView, rows: number, { type, codec }: ColumnMetaData, column: Column): void {
  const { element, compressors } = column;
  const optional = element.repetition_type === 'OPTIONAL';
  const reader: DataReader = { view, offset: 0 };
  let seen = 0;
  while (seen < rows && reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { data_page_header: first, data_page_header_v2: second, dictionary_page_header: dictionary } = header;
    const size = Number(header.compressed_page_size);
    if (!(size >= 0 && size <= view.byteLength - reader.offset)) throw new Error('a page ends behind its column');
    const page = new Uint8Array(view.buffer, view.byteOffset + reader.offset, size);
    reader.offset += size;
    const { num_values: values } = first ?? second ?? dictionary ?? { num_values: 0 };
    if (!(values >= 0 && values <= rows)) throw new Error(`a page of ${values} values in a group of ${rows} rows`);
    if (dictionary !== undefined) continue;
    seen += values;
    const unpacked = Number(header.uncompressed_page_size);
    if (first !== undefined) {
      const body = readerOf(decompressPage(page, unpacked, codec, compressors));
      const nulls = optional ? checkLevels(body, values, lengthAt(body)) : 0;
      checkValues(body, values - nulls, values, { type, encoding: first.encoding });
    } else if (second !== undefined) {
      const nulls = Number(second.num_nulls);
      if (!(nulls >= 0 && nulls <= values)) throw new Error(`${nulls} of ${values} values of a page are missing`);
      const levels = readerOf(page);
      if (optional) checkLevels(levels, values, second.definition_levels_byte_length);
      const start = second.definition_levels_byte_length + second.repetition_levels_byte_length;
      const packed = page.subarray(start);
      const body =
        second.is_compressed === false ? packed : decompressPage(packed, unpacked - start, codec, compressors);
      checkValues(readerOf(body), values - nulls, values, { type, encoding: second.encoding });
    }
  }
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

/** A length in four bytes, which is passed over. */
function lengthAt(reader: DataReader): number {
  reader.offset += 4;
  return reader.view.getUint32(reader.offset - 4, true);
}

/** Checks the runs of definition levels, and passes over them. @returns how many values are missing */
function checkLevels(reader: DataReader, values: number, length: number): number {
  const end = reader.offset + length;
  const present = checkRuns(reader, { width: 1, values, most: values });
  reader.offset = end;
  return values - present;
}

/** Checks the runs of a page's values, where they are runs. @param most the values of the page, missing ones among them */
function checkValues(
  reader: DataReader,
  values: number,
  most: number,
  { type, encoding }: { readonly type: string; readonly encoding: string | undefined },
): void {
  const isTruth = type === 'BOOLEAN';
  if (isDictionary(encoding)) {
    const width = isTruth ? 1 : reader.view.getUint8(reader.offset++);
    if (width > 0) checkRuns(reader, { width, values, most });
  } else if (encoding === 'RLE' && isTruth) {
    lengthAt(reader);
    checkRuns(reader, { width: 1, values, most });
  }
}

/**
 * Goes through runs of equal values and of packed ones until there are so many values.
 * @returns how many of them are 1, of values of one bit
 */
function checkRuns(
  reader: DataReader,
  { width, values, most }: { readonly width: number; readonly values: number; readonly most: number },
): number {
  const { view } = reader;
  let ones = 0;
  for (let seen = 0; seen < values; ) {
    const header = readVarInt(reader);
    if ((header & 1) === 1) {
      const count = (header >>> 1) * 8;
      const bytes = Math.ceil((count * width) / 8);
      const used = Math.min(count, values - seen);
      for (let i = 0; width === 1 && i < used; i++) ones += (view.getUint8(reader.offset + (i >> 3)) >> (i & 7)) & 1;
      reader.offset += bytes;
      seen += used;
    } else {
      const count = header >>> 1;
      if (count > most) throw new Error(`a run of ${count} values in a page of ${most}`);
      if (width === 1 && view.getUint8(reader.offset) === 1) ones += Math.min(count, values - seen);
      reader.offset += (width + 7) >> 3;
      seen += count;
    }
    // A run of no values is a byte at least; what is read behind the end throws.
    if (reader.offset > view.byteLength + 8) throw new Error('runs end behind their page');
  }
  return ones;
}
