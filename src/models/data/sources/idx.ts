/**
 * The IDX format of MNIST and its relatives (described on the MNIST page of LeCun, Cortes, Burges), unsigned bytes only:
 * two zero bytes, a type byte (0x08: unsigned byte), a byte with the number of dimensions, the dimensions as big-endian
 * 32-bit integers, then the elements, last dimension fastest.
 */
import { InputError } from '../../../base/errors.ts';

const UNSIGNED_BYTE = 0x08;

export interface IdxArray {
  readonly shape: readonly number[];
  /** The elements in row-major order: a view of the file's bytes, not a copy. */
  readonly data: Uint8Array;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/**
 * How many bytes an IDX file of unsigned bytes has by its header, the header included.
 * @param bytes the file, or its beginning
 * @throws InputError as `parseIdx` does of the header
 */
export function idxLength(bytes: Uint8Array, file: string, rank: number): bigint {
  const header = 4 + 4 * rank;
  // Lying dimensions can multiply beyond 2^53.
  return shapeOf(bytes, file, rank).reduce((product, size) => product * BigInt(size), 1n) + BigInt(header);
}

/**
 * Reads an IDX file of unsigned bytes.
 * @param bytes the whole file
 * @param file its name, for messages
 * @param rank how many dimensions it must have (images 3, labels 1)
 * @throws InputError when the magic number, the number of dimensions or the length is wrong.
 */
export function parseIdx(bytes: Uint8Array, file: string, rank: number): IdxArray {
  const shape = shapeOf(bytes, file, rank);
  const expected = idxLength(bytes, file, rank);
  if (expected !== BigInt(bytes.length)) {
    const mistake = expected > bytes.length ? 'truncated' : 'trailing bytes';
    throw new InputError(
      `${file}: ${mistake}: ${bytes.length} bytes, should be ${expected} for dimensions ${shape.join(' x ')}`,
    );
  }
  return { shape, data: bytes.subarray(4 + 4 * rank) };
}

/** The dimensions that a header tells. */
function shapeOf(bytes: Uint8Array, file: string, rank: number): number[] {
  const header = 4 + 4 * rank;
  if (bytes.length < 4) {
    throw new InputError(`${file}: truncated: ${bytes.length} bytes, an IDX header alone has at least 4`);
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw new InputError(`${file}: it is gzip-compressed: decompress it, or give it its name ending in .gz`);
  }
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== UNSIGNED_BYTE) {
    throw new InputError(
      `${file}: not an IDX file of unsigned bytes: begins with ${hex(bytes.subarray(0, 4))}, should begin with ${hex(Uint8Array.of(0, 0, UNSIGNED_BYTE, rank))}`,
    );
  }
  if (bytes[3] !== rank) throw new InputError(`${file}: has ${bytes[3]} dimensions, should have ${rank}`);
  if (bytes.length < header) {
    throw new InputError(
      `${file}: truncated: ${bytes.length} bytes, the header for ${rank} dimensions alone has ${header}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
}
