/**
 * The safetensors format (github.com/huggingface/safetensors): named tensors in one file that can be read without trusting it.
 *
 *     8 bytes   N, the header's length, little-endian
 *     N bytes   JSON in UTF-8: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [BEGIN, END]}, ...,
 *               "__metadata__": {"KEY": "VALUE"}}, possibly padded with spaces
 *     the rest  the tensors' bytes, row-major and little-endian, which the ranges [BEGIN, END) cover exactly once
 *
 * Typed arrays have the machine's byte order; every machine that runs WebGPU is little-endian.
 */
import { InputError } from '../../base/errors.ts';
import { type HeaderEntry, METADATA_KEY, parseHeader, quote } from './header.ts';

/**
 * The formats, in the order of the official enumeration: files list tensors by it, last first, so that all lie aligned.
 * Formats that JavaScript has no array for are kept as their bits.
 */
const ARRAYS = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  F8_E5M2: Uint8Array,
  F8_E4M3: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
} as const;

export type StoredDType = keyof typeof ARRAYS;

const DTYPES = Object.keys(ARRAYS) as StoredDType[];

type TensorOf<D extends StoredDType> = {
  readonly dtype: D;
  readonly shape: readonly number[];
  /** Row-major; as many elements as the shape says. */
  readonly data: InstanceType<(typeof ARRAYS)[D]>;
};

/** A tensor as a file holds it. Narrow it by `dtype`: `F32` has a Float32Array, `F16` and `BF16` the bits in a Uint16Array. */
export type StoredTensor = { [D in StoredDType]: TensorOf<D> }[StoredDType];

export interface Checkpoint {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The header's length stands in so many bytes. */
export const LENGTH_BYTES = 8;
/** The limit of the official implementation. */
const LONGEST_HEADER = 100_000_000;

interface Entry {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function isDType(dtype: string): dtype is StoredDType {
  return Object.hasOwn(ARRAYS, dtype);
}

/** A shape for a message, short even when it comes from a hostile file. */
function describe(shape: readonly number[]): string {
  return shape.length > 8 ? `of ${shape.length} dimensions` : `[${shape.join(', ')}]`;
}

/** Bytes of a tensor; more than 2^53 - 1 is Infinity, which equals no range. */
function byteSize(dtype: StoredDType, shape: readonly number[]): number {
  let bytes: number = ARRAYS[dtype].BYTES_PER_ELEMENT;
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return Number.POSITIVE_INFINITY;
  }
  return bytes;
}

function checkEntry({ name, dtype, shape, dataOffsets }: HeaderEntry, dataLength: number, file: string): Entry {
  const where = `${file}: tensor ${quote(name)}`;
  const [begin, end] = dataOffsets;
  if (!isDType(dtype)) {
    throw new InputError(`${where}: dtype is ${quote(dtype)}, should be one of ${DTYPES.join(', ')}`);
  }
  if (end > dataLength) {
    throw new InputError(
      `${where}: data_offsets end at ${end}, but the file has ${dataLength} bytes of data: truncated?`,
    );
  }
  const needed = byteSize(dtype, shape);
  if (end - begin !== needed) {
    const should = Number.isFinite(needed) ? `${needed}` : 'more than 2^53';
    throw new InputError(
      `${where}: has ${end - begin} bytes, dtype ${dtype} and shape ${describe(shape)} need ${should}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** The ranges must cover the data exactly once. */
function checkCover(entries: readonly Entry[], dataLength: number, file: string): void {
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of inOrder) {
    if (begin !== covered) {
      const mistake = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw new InputError(
        `${file}: tensor ${quote(name)} ${mistake}: begins at byte ${begin} of the data, should at ${covered}`,
      );
    }
    covered = end;
  }
  if (covered !== dataLength) {
    throw new InputError(
      `${file}: ${dataLength - covered} bytes at the end belong to no tensor: should end after ${covered} bytes of data`,
    );
  }
}

/** The tensor's elements: a view of the file's bytes where they lie aligned, else a copy. */
function elements(bytes: Uint8Array, entry: Entry): StoredTensor {
  const { dtype, shape, begin, end } = entry;
  const ElementArray = ARRAYS[dtype];
  const size = ElementArray.BYTES_PER_ELEMENT;
  const raw = bytes.subarray(begin, end);
  const aligned = raw.byteOffset % size === 0 ? raw : raw.slice();
  const data = new ElementArray(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size);
  return { dtype, shape, data } as StoredTensor;
}

/** What a file's header says, checked against the length of the file. */
export interface Layout {
  readonly entries: readonly Entry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * What `torch.save` writes: a zip archive since PyTorch 1.6, before that a pickle of protocol 2. Read as a length, both
 * are far too long.
 */
const isOfTorch = ([a, b, c, d]: Uint8Array): boolean =>
  (a === 0x50 && b === 0x4b && c === 0x03 && d === 0x04) || (a === 0x80 && b === 0x02);

const OF_TORCH =
  'a file of torch.save (a pickle, which may run any program when it is read), not safetensors; in Python: ' +
  'weights = torch.load("FILE.pt", map_location="cpu", weights_only=True); weights = weights.get("state_dict", weights); ' +
  'safetensors.torch.save_file({name: w.contiguous().clone() for name, w in weights.items()}, "FILE.safetensors")';

/**
 * Where the header of a file ends and its data begin.
 * @param start at least the first 8 bytes, if the file has so many
 * @param fileLength bytes of the whole file
 * @throws InputError when the file cannot hold the header
 */
export function dataStart(start: Uint8Array, fileLength: number, file: string): number {
  if (fileLength < LENGTH_BYTES) {
    throw new InputError(`${file}: truncated: ${fileLength} bytes, a safetensors file has at least ${LENGTH_BYTES}`);
  }
  const claimed = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (claimed > LONGEST_HEADER) {
    if (isOfTorch(start)) throw new InputError(`${file}: ${OF_TORCH}`);
    throw new InputError(
      `${file}: the header's length is ${claimed}, should be at most ${LONGEST_HEADER}: not a safetensors file?`,
    );
  }
  const end = LENGTH_BYTES + Number(claimed);
  if (end > fileLength) {
    throw new InputError(
      `${file}: truncated: ${fileLength} bytes, the header alone ends at byte ${end} by its own account`,
    );
  }
  return end;
}

/**
 * Reads everything before the data.
 * @param start the file up to `dataStart`, or more of it
 * @throws InputError when any byte of the file is not accounted for by the format
 */
export function readLayout(start: Uint8Array, fileLength: number, file: string): Layout {
  const end = dataStart(start, fileLength, file);
  const { entries: listed, metadata } = parseHeader(start.subarray(LENGTH_BYTES, end), file);
  const entries = listed.map((entry) => checkEntry(entry, fileLength - end, file));
  checkCover(entries, fileLength - end, file);
  return { entries, metadata };
}

/** The tensors in the data of a file, views of them where they lie aligned. */
export function toTensors({ entries, metadata }: Layout, data: Uint8Array): Checkpoint {
  return { tensors: new Map(entries.map((entry) => [entry.name, elements(data, entry)])), metadata };
}

/**
 * Reads a safetensors file. Nothing is allocated by what the file claims, only by what it holds.
 * @param bytes the whole file; the tensors are views of it where alignment allows
 * @param file its name, for messages
 * @throws InputError when any byte of the file is not accounted for by the format.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Checkpoint {
  const layout = readLayout(bytes, bytes.length, file);
  return toTensors(layout, bytes.subarray(dataStart(bytes, bytes.length, file)));
}

function checkTensor(name: string, { dtype, shape, data }: StoredTensor): void {
  if (name === METADATA_KEY) {
    throw new InputError(`a tensor cannot be called ${METADATA_KEY}: the format keeps that name`);
  }
  // A lone surrogate has no UTF-8.
  if (/\p{Surrogate}/u.test(name)) throw new InputError(`the tensor name ${quote(name)} is not valid Unicode`);
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new InputError(`tensor ${quote(name)}: shape ${describe(shape)} is not one of whole numbers from 0`);
  }
  if (!(data instanceof ARRAYS[dtype]) || data.byteLength !== byteSize(dtype, shape)) {
    throw new InputError(
      `tensor ${quote(name)}: ${data.length} elements in ${data.constructor.name} do not fit dtype ${dtype} and shape ${describe(shape)}`,
    );
  }
}

/**
 * The file for a checkpoint. Equal checkpoints give equal files, whatever the order of their tensors: the official
 * implementation's order and padding.
 * @throws InputError when a tensor's data do not fit its dtype and shape, or its name cannot be stored.
 */
export function encodeSafetensors({ tensors, metadata }: Checkpoint): Uint8Array {
  for (const [name, tensor] of tensors) checkTensor(name, tensor);
  const inOrder = [...tensors].sort(
    ([nameA, a], [nameB, b]) => DTYPES.indexOf(b.dtype) - DTYPES.indexOf(a.dtype) || (nameA < nameB ? -1 : 1),
  );
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const header: [string, unknown][] = texts.length > 0 ? [[METADATA_KEY, Object.fromEntries(texts)]] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of inOrder) {
    const begin = end;
    end += data.byteLength;
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  // Built by hand: an object would move names that look like integers to the front.
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${members.join(',')}}`);
  const headerLength = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  if (headerLength > LONGEST_HEADER) {
    throw new InputError(`the checkpoint's header has ${headerLength} bytes, the format allows ${LONGEST_HEADER}`);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, LENGTH_BYTES);
  bytes.fill(0x20, LENGTH_BYTES + text.length, LENGTH_BYTES + headerLength);
  let at = LENGTH_BYTES + headerLength;
  for (const [, { data }] of inOrder) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
