/** ONNX files on disk, and the files beside them that hold their weights. */
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { explainFileError, fileDigest, readBytes } from '../../base/files.node.ts';
import { quote } from '../checkpoint/header.ts';
import { externalLocations, type OnnxFile } from './format/model.ts';
import type { ReadExternal } from './format/tensor.ts';

/** Reads an ONNX file. @throws InputError when there is none, or it cannot be read */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  return { file: path, bytes: await readBytes(path), readExternal: externalReader(path) };
}

/**
 * SHA-256 of a model in hexadecimal digits: of its file, followed by the other files that its data lie in, in the order of its tensors.
 * @throws InputError when it is no ONNX model, or a file cannot be read
 */
export function onnxDigest(path: string): string {
  const digest = fileDigest(path);
  const wrong = (why: string) => new InputError(`${path}: is an ONNX file ${why}`);
  const locations = externalLocations(readPart(path, 0, undefined, wrong), path);
  return locations.length === 0 ? digest : fileDigest(path, ...locations.map((each) => externalPath(path, each)));
}

/** What is wrong with the place of a model's data. */
const misplaced = (path: string, location: string) => (why: string) =>
  new InputError(`${path}: its data lie in ${quote(location)}, ${why}`);

/**
 * The path of a file with data of a model.
 * @throws InputError for a path that leads out of the model's folder, by `..`, from the root or by a link
 */
function externalPath(path: string, location: string): string {
  const wrong = misplaced(path, location);
  if (location === '' || isAbsolute(location)) throw wrong('which is no path within the folder of the model');
  const real = realPath(join(dirname(path), location));
  const inside = relative(realPath(dirname(path)), real);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
    throw wrong('which leads out of the folder of the model; copy the file into it');
  return real;
}

/**
 * Reads parts of files in a model's folder or below it.
 * @throws InputError for a path that leads out of it (see `externalPath`), and for bytes that are not there
 */
export const externalReader =
  (path: string): ReadExternal =>
  (location, offset, length) =>
    readPart(externalPath(path, location), offset, length, misplaced(path, location));

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
