/**
 * The header of a safetensors file, read by the only grammar that the format allows:
 *
 *     {"NAME": {"dtype": STRING, "shape": [WHOLE, ...], "data_offsets": [WHOLE, WHOLE]}, ...,
 *      "__metadata__": {STRING: STRING, ...}}
 *
 * `JSON.parse` would not do: it keeps the last of duplicate keys silently, and a hostile header of nested brackets costs it
 * gigabytes. This reader stops at the first character that does not fit.
 */
import { InputError } from '../../base/errors.ts';

/** The key of the header that is not a tensor's name. */
export const METADATA_KEY = '__metadata__';

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** [begin, end) in the file's data. */
  readonly dataOffsets: readonly [number, number];
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

interface Cursor {
  readonly text: string;
  readonly file: string;
  at: number;
}

/** A text for a message: on one line, and short even when it comes from a hostile file. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

function fail(cursor: Cursor, expected: string): never {
  const found = cursor.at < cursor.text.length ? quote(cursor.text[cursor.at]) : 'the end';
  throw new InputError(`${cursor.file}: header, character ${cursor.at}: ${found}, should be ${expected}`);
}

/** The next character that is not white space, without taking it. */
function peek(cursor: Cursor): string {
  const { text } = cursor;
  while (text[cursor.at] === ' ' || text[cursor.at] === '\n' || text[cursor.at] === '\t' || text[cursor.at] === '\r') {
    cursor.at++;
  }
  return text[cursor.at] ?? '';
}

function take(cursor: Cursor, character: string): void {
  if (peek(cursor) !== character) fail(cursor, quote(character));
  cursor.at++;
}

function readString(cursor: Cursor, what: string): string {
  const { text } = cursor;
  if (peek(cursor) !== '"') fail(cursor, what);
  const start = cursor.at;
  let end = start + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  const literal = text.slice(start, end + 1);
  let value: string;
  try {
    value = JSON.parse(literal);
  } catch (error) {
    if (error instanceof SyntaxError) fail(cursor, `${what} in valid JSON`);
    throw error;
  }
  // An escape can name half a surrogate pair, which has no UTF-8.
  if (/\p{Surrogate}/u.test(value)) fail(cursor, `${what} in valid Unicode`);
  cursor.at = end + 1;
  return value;
}

/** Digits without sign, fraction, exponent or leading zeros. */
function readWholeNumber(cursor: Cursor): number {
  peek(cursor);
  const start = cursor.at;
  while (cursor.text[cursor.at] >= '0' && cursor.text[cursor.at] <= '9') cursor.at++;
  const digits = cursor.text.slice(start, cursor.at);
  const value = Number(digits);
  if (digits === '' || !Number.isSafeInteger(value) || (digits[0] === '0' && digits.length > 1)) {
    cursor.at = start;
    fail(cursor, 'a whole number from 0 to 2^53 - 1');
  }
  return value;
}

/** Reads `open`, then members with commas between them, then `close`. */
function readMembers(cursor: Cursor, open: string, close: string, readMember: () => void): void {
  take(cursor, open);
  if (peek(cursor) === close) {
    cursor.at++;
    return;
  }
  readMember();
  while (peek(cursor) === ',') {
    cursor.at++;
    readMember();
  }
  if (peek(cursor) !== close) fail(cursor, `"," or ${quote(close)}`);
  cursor.at++;
}

function readWholeNumbers(cursor: Cursor): number[] {
  const numbers: number[] = [];
  readMembers(cursor, '[', ']', () => numbers.push(readWholeNumber(cursor)));
  return numbers;
}

/** Reads an object; `readValue` reads the value of each key. */
function readObject(cursor: Cursor, readValue: (key: string) => void): void {
  const keys = new Set<string>();
  readMembers(cursor, '{', '}', () => {
    const key = readString(cursor, 'a key in quotes');
    if (keys.has(key)) throw new InputError(`${cursor.file}: the header has the key ${quote(key)} twice in one object`);
    keys.add(key);
    take(cursor, ':');
    readValue(key);
  });
}

function readEntry(cursor: Cursor, name: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let dataOffsets: number[] | undefined;
  readObject(cursor, (key) => {
    if (key === 'dtype') dtype = readString(cursor, 'the name of a dtype in quotes');
    else if (key === 'shape') shape = readWholeNumbers(cursor);
    else if (key === 'data_offsets') dataOffsets = readWholeNumbers(cursor);
    else fail(cursor, `nothing: a tensor has dtype, shape and data_offsets, not ${quote(key)}`);
  });
  const where = `${cursor.file}: tensor ${quote(name)}`;
  if (dtype === undefined || shape === undefined || dataOffsets === undefined) {
    throw new InputError(`${where}: must have dtype, shape and data_offsets`);
  }
  const [begin, end] = dataOffsets;
  if (dataOffsets.length !== 2 || begin > end) {
    throw new InputError(`${where}: data_offsets must be two whole numbers, the first not above the second`);
  }
  return { name, dtype, shape, dataOffsets: [begin, end] };
}

function readMetadata(cursor: Cursor): Record<string, string> {
  const pairs: [string, string][] = [];
  readObject(cursor, (key) => pairs.push([key, readString(cursor, 'metadata text in quotes')]));
  return Object.fromEntries(pairs);
}

/**
 * Reads a header.
 * @param bytes the header alone, padding included
 * @param file the file's name, for messages
 * @throws InputError when it is not UTF-8, or anything in it is not as the format says.
 */
export function parseHeader(bytes: Uint8Array, file: string): Header {
  if (bytes[0] !== 0x7b) throw new InputError(`${file}: the header must begin with "{": not a safetensors file`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new InputError(`${file}: the header is not UTF-8 text`);
    throw error;
  }
  const cursor: Cursor = { text, file, at: 0 };
  const entries: HeaderEntry[] = [];
  let metadata: Record<string, string> = {};
  readObject(cursor, (key) => {
    if (key === METADATA_KEY) metadata = readMetadata(cursor);
    else entries.push(readEntry(cursor, key));
  });
  if (peek(cursor) !== '') fail(cursor, 'the end of the header');
  return { entries, metadata };
}
