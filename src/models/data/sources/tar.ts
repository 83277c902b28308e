/** Reads tar archives (POSIX.1-1988 "ustar" and the older format) as they come, in little memory. Archives are not trusted. */
import { InputError } from '../../../base/errors.ts';

export interface TarFile {
  /** Path inside the archive: relative, its parts joined by '/', none of them '..'. */
  readonly name: string;
  readonly size: number;
  /** To be read before the next file is asked for; what is left is skipped. */
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;

/** Where a header's fields begin and end. */
const FIELDS = {
  name: [0, 100],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  magic: [257, 263],
  prefix: [345, 500],
} as const;

const FILE_TYPES = new Set(['', '0']);
const FOLDER = '5';
/** Extended headers (pax) say more about the next file, or all files: times and owners, which are not needed. */
const EXTENSIONS = new Set(['x', 'g']);
const MOST_EXTENSION_BYTES = 2 ** 16;

/**
 * The files of an archive, in its order; folders are passed over.
 * @param chunks the archive's bytes
 * @param archive its name, for messages
 * @throws InputError when it is truncated or damaged, has a name that leads outside, or holds anything but files and folders
 */
export async function* readTar(chunks: AsyncIterable<Uint8Array>, archive: string): AsyncGenerator<TarFile> {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  /** The next bytes, so many at most. */
  const read = async (most: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const { done, value } = await iterator.next();
      if (done) throw new InputError(`${archive}: truncated: the tar archive ends in the middle`);
      rest = value;
    }
    const part = rest.subarray(0, most);
    rest = rest.subarray(part.length);
    return part;
  };
  /** Bytes that can be left at any moment, and read or passed over from there. */
  const section = (size: number) => {
    let left = size;
    return async function* () {
      while (left > 0) {
        const part = await read(left);
        left -= part.length;
        yield part;
      }
    };
  };
  const passOver = async (bytes: () => AsyncGenerator<Uint8Array>) => {
    for await (const _ of bytes());
  };
  try {
    for (;;) {
      const header = await joined(section(BLOCK)(), BLOCK);
      if (header.every((byte) => byte === 0)) break;
      const { name, size, type } = parseHeader(header, archive);
      const content = section(size);
      if (FILE_TYPES.has(type)) yield { name: safeName(name, archive), size, content: content() };
      else if (type === FOLDER) safeName(name, archive);
      else if (EXTENSIONS.has(type)) await checkExtension(content(), size, archive);
      else
        throw new InputError(`${archive}: "${printable(name)}" is neither file nor folder (type ${printable(type)})`);
      await passOver(content);
      await passOver(section((BLOCK - (size % BLOCK)) % BLOCK));
    }
    // A block of zeros ends the archive; what follows is read, so that a decompressor checks its sum.
    while (!(await iterator.next()).done);
  } finally {
    await iterator.return?.();
  }
}

/** @throws InputError for an extended header that would have to be heeded */
async function checkExtension(content: AsyncIterable<Uint8Array>, size: number, archive: string): Promise<void> {
  if (size > MOST_EXTENSION_BYTES) throw new InputError(`${archive}: refused: an extended header of ${size} bytes`);
  const records = new TextDecoder().decode(await joined(content, size));
  if (/^\d+ (path|linkpath|size)=/m.test(records))
    throw new InputError(`${archive}: refused: an extended header gives a file another name or size`);
}

async function joined(parts: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function parseHeader(header: Uint8Array, archive: string): { name: string; size: number; type: string } {
  const text = (field: keyof typeof FIELDS) => {
    const bytes = header.subarray(...FIELDS[field]);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
  };
  const octal = (field: 'size' | 'checksum') => {
    const digits = text(field).trim();
    if (!/^[0-7]+$/.test(digits))
      throw new InputError(`${archive}: not a tar archive, or damaged: no ${field} in a header`);
    return Number.parseInt(digits, 8);
  };
  const [start, end] = FIELDS.checksum;
  // The sum of all bytes, those of the checksum itself counted as spaces.
  const sum = header.reduce((total, byte, i) => total + (i >= start && i < end ? 32 : byte), 0);
  if (octal('checksum') !== sum)
    throw new InputError(`${archive}: not a tar archive, or damaged: a header's checksum is wrong`);
  const prefix = text('magic') === 'ustar' ? text('prefix') : '';
  return { name: prefix === '' ? text('name') : `${prefix}/${text('name')}`, size: octal('size'), type: text('type') };
}

/** @throws InputError for a name that could lead outside of the folder that is unpacked to, on any system */
function safeName(name: string, archive: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const hostile = name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.includes('\\') || parts.includes('..');
  if (hostile || parts.some((part) => part !== printable(part)))
    throw new InputError(`${archive}: refused: "${printable(name)}" leads outside of the archive or is no plain name`);
  return parts.join('/');
}

/** Without control characters, for one line of a message. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '?');
