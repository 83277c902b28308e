/**
 * Messages of Protocol Buffers as tables of fields. The library reads and writes the wire; what is here bounds what a hostile file costs:
 * nesting, the number of parts, and no bytes but views of the file's own.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InputError } from '../../../base/errors.ts';

/** What a file may still cost. */
interface Budget {
  depth: number;
  /** Messages, texts and numbers that become objects of their own. */
  parts: number;
}

/** Deeper than any model nests its subgraphs and types; each level is a handful of calls on the stack. */
const DEEPEST = 64;
/** A network of ten thousand nodes has a hundred thousand parts. */
export const MOST_PARTS = 1_000_000;

/** A field: its number, and how a value V is read and written. */
export interface Field<V> {
  readonly number: number;
  begin(): V;
  read(reader: BinaryReader, wire: WireType, before: V, budget: Budget): V;
  write(writer: BinaryWriter, value: V): void;
}

/** A message by its name and its fields; `fields` is a function, so that messages may hold one another. */
export interface Message<T> {
  readonly name: string;
  fields(): { readonly [K in keyof T]-?: Field<T[K]> };
}

function spend(budget: Budget): void {
  budget.parts--;
  if (budget.parts < 0) throw new InputError(`more than ${MOST_PARTS} parts; no model has so many`);
}

function checkWire(field: number, wire: WireType, right: WireType): void {
  if (wire !== right) throw new InputError(`field ${field} has wire type ${wire}, should be ${right}`);
}

/** A field whose last value counts. */
const single = <V>(
  number: number,
  right: WireType,
  read: (reader: BinaryReader, budget: Budget) => V,
  write: (writer: BinaryWriter, value: V) => void,
): Field<V | undefined> => ({
  number,
  begin: () => undefined,
  read: (reader, wire, _, budget) => {
    checkWire(number, wire, right);
    spend(budget);
    return read(reader, budget);
  },
  write: (writer, value) => {
    if (value !== undefined) write(writer.tag(number, right), value);
  },
});

/** UTF-8. */
export const text = (number: number) =>
  single<string>(
    number,
    WireType.LengthDelimited,
    (reader) => reader.string(),
    (writer, value) => writer.string(value),
  );

/** A view of the file. */
export const bytes = (number: number) =>
  single<Uint8Array>(
    number,
    WireType.LengthDelimited,
    (reader) => reader.bytes(),
    (writer, value) => writer.bytes(value),
  );

/** An integer of up to 64 bits as a number: exact up to 2^53, the nearest number above. */
export const integer = (number: number) =>
  single<number>(
    number,
    WireType.Varint,
    (reader) => Number(reader.int64()),
    (writer, value) => writer.int64(whole(value)),
  );

export const float = (number: number) =>
  single<number>(
    number,
    WireType.Bit32,
    (reader) => reader.float(),
    (writer, value) => writer.float(value),
  );

/** The largest and smallest integers of 64 bits have no exact number. */
const whole = (value: number) => BigInt.asIntN(64, value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value));

/** A message within a message. */
export const message = <T>(number: number, of: () => Message<T>) =>
  single<T>(
    number,
    WireType.LengthDelimited,
    (reader, budget) => decodeFields(of(), reader.bytes(), budget),
    (writer, value) => {
      writer.fork();
      encodeFields(writer, of(), value);
      writer.join();
    },
  );

/** A field with any number of values, each with a tag of its own. */
export const list = <V>(field: Field<V | undefined>): Field<V[]> => ({
  number: field.number,
  begin: () => [],
  read: (reader, wire, before, budget) => {
    before.push(field.read(reader, wire, undefined, budget) as V);
    return before;
  },
  write: (writer, values) => {
    for (const value of values) field.write(writer, value);
  },
});

/** Numbers, each with a tag or all in one packet. */
const numbers = (
  number: number,
  right: WireType,
  read: (reader: BinaryReader) => number,
  write: (writer: BinaryWriter, value: number) => void,
): Field<number[]> => ({
  number,
  begin: () => [],
  read: (reader, wire, before, budget) => {
    if (wire !== WireType.LengthDelimited) checkWire(number, wire, right);
    const packet = wire === WireType.LengthDelimited ? new BinaryReader(reader.bytes()) : null;
    const from = packet ?? reader;
    do {
      if (packet !== null && packet.pos >= packet.len) break;
      spend(budget);
      before.push(read(from));
    } while (packet !== null);
    return before;
  },
  write: (writer, values) => {
    for (const value of values) write(writer.tag(number, right), value);
  },
});

export const integers = (number: number): Field<number[]> =>
  numbers(
    number,
    WireType.Varint,
    (reader) => Number(reader.int64()),
    (writer, value) => writer.int64(whole(value)),
  );

export const floats = (number: number): Field<number[]> =>
  numbers(
    number,
    WireType.Bit32,
    (reader) => reader.float(),
    (writer, value) => writer.float(value),
  );

/** Packed numbers as the bytes that they lie in, a view of the file: a list of them would take several times its size. */
export const packed = (number: number): Field<Uint8Array | undefined> => ({
  number,
  begin: () => undefined,
  read: (reader, wire, before, budget) => {
    if (wire !== WireType.LengthDelimited || before !== undefined)
      throw new InputError(
        `field ${number} holds numbers that are not packed in one piece; save the model again with ONNX`,
      );
    spend(budget);
    return reader.bytes();
  },
  write: (writer, value) => {
    if (value !== undefined) writer.tag(number, WireType.LengthDelimited).bytes(value);
  },
});

interface Table {
  readonly fields: readonly (readonly [key: string, field: Field<unknown>])[];
  readonly byNumber: ReadonlyMap<number, readonly [key: string, field: Field<unknown>]>;
}

const tables = new WeakMap<object, Table>();

/** The fields of a message, made once. */
function tableOf<T>(of: Message<T>): Table {
  let table = tables.get(of);
  if (table === undefined) {
    const fields = Object.entries<Field<unknown>>(of.fields());
    table = { fields, byNumber: new Map(fields.map((entry) => [entry[1].number, entry])) };
    tables.set(of, table);
  }
  return table;
}

function decodeFields<T>(of: Message<T>, data: Uint8Array, budget: Budget): T {
  budget.depth--;
  if (budget.depth < 0) throw new InputError(`messages nest deeper than ${DEEPEST}; no model does`);
  const { fields, byNumber } = tableOf(of);
  const result: Record<string, unknown> = {};
  for (const [key, field] of fields) result[key] = field.begin();
  const reader = new BinaryReader(data);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const known = byNumber.get(number);
    if (known === undefined) reader.skip(wire, number);
    else result[known[0]] = known[1].read(reader, wire, result[known[0]], budget);
    if (reader.pos > reader.len) throw new InputError('it ends within a field');
  }
  budget.depth++;
  return result as T;
}

/**
 * Reads a message. Unknown fields are skipped.
 * @param file names the file in messages
 * @throws InputError when the bytes are not such a message, or would cost more than their size allows
 */
export function decode<T>(of: Message<T>, data: Uint8Array, file: string): T {
  try {
    return decodeFields(of, data, { depth: DEEPEST, parts: MOST_PARTS });
  } catch (error) {
    // The library throws plain errors and RangeErrors.
    if (!(error instanceof Error)) throw error;
    throw new InputError(`${file}: not ${of.name} of ONNX, or truncated: ${error.message}`);
  }
}

function encodeFields<T>(writer: BinaryWriter, of: Message<T>, value: T): void {
  const fields = of.fields();
  for (const key of Object.keys(fields) as (keyof T)[]) fields[key].write(writer, value[key]);
}

/** The bytes of a message. */
export function encode<T>(of: Message<T>, value: T): Uint8Array {
  const writer = new BinaryWriter();
  encodeFields(writer, of, value);
  return writer.finish();
}
