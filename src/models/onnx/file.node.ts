/** ONNX files on disk, and the files beside them that hold their weights. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { explainFileError, readBytes } from '../../base/files.node.ts';
import { quote } from '../checkpoint/header.ts';
import type { ReadExternal } from './format/tensor.ts';

/** A file's bytes, and what reads the data that lie beside it. */
export interface OnnxFile {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly readExternal: ReadExternal;
}

/** Reads an ONNX file. @throws InputError when there is none, or it cannot be read */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  return { file: path, bytes: await readBytes(path), readExternal: externalReader(path) };
}

/**
 * Reads parts of files in a model's folder or below it.
 * @throws InputError for a path that leads out of it, by `..`, from the root or by a link, and for bytes that are not there
 */
export function externalReader(path: string): ReadExternal {
  return (location, offset, length) => {
    const wrong = (why: string) => new InputError(`${path}: its data lie in ${quote(location)}, ${why}`);
    if (location === '' || isAbsolute(location)) throw wrong('which is no path within the folder of the model');
    const target = join(dirname(path), location);
    const real = realPath(target);
    const inside = relative(realPath(dirname(path)), real);
    if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      throw wrong('which leads out of the folder of the model; copy the file into it');
    return readPart(real, offset, length, wrong);
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

/** Node reads at most 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

function readPart(path: string, offset: number, length: number | undefined, wrong: (why: string) => InputError) {
  const file = openSync(path, 'r');
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw wrong('which is no regular file');
    const end = length === undefined ? status.size : offset + length;
    if (offset > end || end > status.size)
      throw wrong(`from byte ${offset} to ${end}, but the file has ${status.size} bytes`);
    const bytes = new Uint8Array(end - offset);
    for (let done = 0; done < bytes.length; ) {
      const read = readSync(file, bytes, done, Math.min(LARGEST_READ, bytes.length - done), offset + done);
      if (read === 0) throw wrong('which became shorter while it was read');
      done += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
