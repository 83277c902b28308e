/**
 * A model without the data of its large tensors, which stay in the file until they are read: what it costs to read a network is then its
 * graph and one tensor at a time, however large the file is.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { encode, MOST_PARTS } from './message.ts';
import { EXTERNAL, tensorProto } from './schema.ts';

/** Bytes of a file from an offset on. */
export type ReadRange = (offset: number, length: number) => Uint8Array;

/** A message by those of its fields that lead to the data of tensors. */
interface Way {
  readonly [field: number]: Way | 'data';
}

const TENSOR: Way = { 9: 'data' };
const NODE: Way = { 5: { 5: TENSOR } };
const MODEL: Way = { 7: { 1: NODE, 5: TENSOR } };

/** Bytes of data that are left in the file: reading fewer by themselves would not pay. */
const SMALLEST = 4096;

/** A tag and a length, of at most 10 bytes each; or a tag and a number. */
const LONGEST_HEAD = 20;

interface Outlining {
  readonly read: ReadRange;
  /** What the model calls its own file. */
  readonly location: string;
  fieldsLeft: number;
}

/**
 * The bytes of a model that names large data in `raw_data` as external data of its own file.
 * @param size bytes of the file
 * @param location what the data are said to lie in
 * @returns null where the file is no model, or a strange one: decoding all of it says what is wrong
 */
export function outlineOf(size: number, location: string, read: ReadRange): Uint8Array | null {
  try {
    return joined(outlined({ from: 0, to: size }, MODEL, { read, location, fieldsLeft: MOST_PARTS }));
  } catch (error) {
    // The library throws RangeErrors and plain errors; those of the file have a code.
    if (error instanceof Error && !('code' in error)) return null;
    throw error;
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The pieces of a message: what is copied as it stands, and what takes the place of data. */
function outlined({ from, to }: Range, way: Way, outlining: Outlining): Uint8Array[] {
  const { read } = outlining;
  const pieces: Uint8Array[] = [];
  const external: Uint8Array[] = [];
  let copied = from;
  let at = from;
  while (at < to) {
    if (outlining.fieldsLeft-- === 0) throw new RangeError('more fields than a model has');
    const reader = new BinaryReader(read(at, Math.min(LONGEST_HEAD, to - at)));
    const [field, wire] = reader.tag();
    if (wire !== WireType.LengthDelimited) {
      reader.skip(wire, field);
      at += reader.pos;
      continue;
    }
    const length = reader.uint32();
    const inner: Range = { from: at + reader.pos, to: at + reader.pos + length };
    if (inner.to > to) throw new RangeError('a field that is longer than its message');
    const part = way[field];
    if (part !== undefined && length >= SMALLEST) {
      if (copied < at) pieces.push(read(copied, at - copied));
      if (part === 'data') external.push(reference(outlining.location, inner.from, length));
      else pieces.push(...delimited(field, outlined(inner, part, outlining)));
      copied = inner.to;
    }
    at = inner.to;
  }
  if (at !== to) throw new RangeError('a field that is longer than its message');
  if (copied < to) pieces.push(read(copied, to - copied));
  return [...pieces, ...external];
}

/** The fields of a tensor whose data lie elsewhere. */
const reference = (location: string, offset: number, length: number): Uint8Array =>
  encode(tensorProto, {
    dims: [],
    externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value: `${value}` })),
    dataLocation: EXTERNAL,
  });

function delimited(field: number, pieces: readonly Uint8Array[]): Uint8Array[] {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish(), ...pieces];
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
