/** Checkpoints on disk. */
import { type FileHandle, open } from 'node:fs/promises';
import { InputError } from '../../base/errors.ts';
import { explainFileError, writeFileAtomic } from '../../base/files.node.ts';
import { type Checkpoint, dataStart, encodeSafetensors, LENGTH_BYTES, readLayout, toTensors } from './safetensors.ts';

/**
 * Writes a checkpoint as a safetensors file, all or nothing; see `writeFileAtomic`.
 * @throws InputError when the path cannot be written, or a tensor cannot be stored.
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(checkpoint));
}

/**
 * Reads a safetensors file. The header is read and checked before memory is taken for the data.
 * @throws InputError when it is missing, or anything about it is wrong.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  try {
    const handle = await open(path, 'r');
    try {
      return await readFrom(handle, path);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

async function readFrom(handle: FileHandle, path: string): Promise<Checkpoint> {
  const status = await handle.stat();
  // A device or a pipe has no length, and may never end.
  if (!status.isFile()) throw new InputError(`cannot read ${path}: it is no regular file`);
  const length = await readRange(handle, 0, Math.min(LENGTH_BYTES, status.size), path);
  const header = await readRange(handle, 0, dataStart(length, status.size, path), path);
  const layout = readLayout(header, status.size, path);
  return toTensors(layout, await readRange(handle, header.length, status.size, path));
}

/** Node reads at most 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

/** The bytes from `begin` to `end`. @throws InputError when the file ends before, or memory does */
async function readRange(handle: FileHandle, begin: number, end: number, path: string): Promise<Uint8Array> {
  const bytes = reserve(end - begin, path);
  for (let done = 0; done < bytes.length; ) {
    const part = bytes.subarray(done, done + LARGEST_READ);
    const { bytesRead } = await handle.read(part, 0, part.length, begin + done);
    if (bytesRead === 0) throw new InputError(`${path}: it became shorter while it was read`);
    done += bytesRead;
  }
  return bytes;
}

function reserve(length: number, path: string): Uint8Array {
  try {
    return new Uint8Array(length);
  } catch (error) {
    if (error instanceof RangeError) throw new InputError(`${path}: ${length} bytes do not fit into memory`);
    throw error;
  }
}
