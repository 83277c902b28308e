/** ONNX files on disk, and the files beside them that hold their weights. */
import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { explainFileError, fileDigest } from '../../base/files.node.ts';
import { quote } from '../checkpoint/header.ts';
import { externalLocations, type OnnxFile } from './format/model.ts';
import { outlineOf, type ReadRange } from './format/outline.ts';
import type { ReadExternal } from './format/tensor.ts';

/**
 * Reads an ONNX file. The data of its large tensors stay there until they are asked for: `bytes` are the model without them, which it
 * names as lying in its own file.
 * @throws InputError when there is none, or it cannot be read
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  return { file: path, bytes: readModel(path), readExternal: externalReader(path) };
}

/** What a model is called in the place of its own data. */
const ownLocation = (path: string): string => basename(path);

const notAsFile = (path: string) => (why: string) => new InputError(`${path}: is an ONNX file ${why}`);

/** The bytes of a model; without the data of its large tensors where it is one. @throws InputError when they cannot be read */
function readModel(path: string): Uint8Array {
  const wrong = notAsFile(path);
  try {
    return withFile(path, wrong, (file, size) => {
      const outline = outlineOf(size, ownLocation(path), windowed(file, size, wrong));
      return outline ?? readRange(file, 0, size, wrong);
    });
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

/** Bytes that are read at once: the heads of fields lie side by side. */
const WINDOW = 2 ** 16;

/** Ranges of an open file, the small ones from a window that is read at once. */
function windowed(file: number, size: number, wrong: Wrong): ReadRange {
  let window = new Uint8Array();
  let start = 0;
  return (offset, length) => {
    if (length > WINDOW) return readRange(file, offset, length, wrong);
    if (offset < start || offset + length > start + window.length) {
      window = readRange(file, offset, Math.min(WINDOW, size - offset), wrong);
      start = offset;
    }
    return window.slice(offset - start, offset - start + length);
  };
}

/**
 * SHA-256 of a model in hexadecimal digits: of its file, followed by the other files that its data lie in, in the order of its tensors.
 * @throws InputError when it is no ONNX model, or a file cannot be read
 */
export function onnxDigest(path: string): string {
  const others = externalLocations(readModel(path), path).filter((location) => location !== ownLocation(path));
  return fileDigest(path, ...others.map((each) => externalPath(path, each)));
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
 * Reads parts of a model's own file, and of files in its folder or below it.
 * @throws InputError for a path that leads out of it (see `externalPath`), for bytes that are not there, and for the model's own once
 *   its file is another one
 */
export function externalReader(path: string): ReadExternal {
  const opened = fileState(path);
  return (location, offset, length) => {
    if (location !== ownLocation(path))
      return readPart(externalPath(path, location), offset, length, misplaced(path, location));
    const part = readPart(path, offset, length, notAsFile(path));
    if (fileState(path) !== opened) throw new InputError(`${path}: was changed while it was in use; start again`);
    return part;
  };
}

/** What changes when a file is written or replaced. */
function fileState(path: string): string {
  try {
    const { ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

/** What is wrong with a file, to follow its name: "which is no regular file". */
type Wrong = (why: string) => InputError;

/** Calls a function with an open file and the bytes that it has. */
function withFile<T>(path: string, wrong: Wrong, read: (file: number, size: number) => T): T {
  const file = openSync(path, 'r');
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw wrong('which is no regular file');
    return read(file, status.size);
  } finally {
    closeSync(file);
  }
}

const readPart = (path: string, offset: number, length: number | undefined, wrong: Wrong): Uint8Array =>
  withFile(path, wrong, (file, size) => {
    const end = length === undefined ? size : offset + length;
    if (offset > end || end > size) throw wrong(`from byte ${offset} to ${end}, but the file has ${size} bytes`);
    return readRange(file, offset, end - offset, wrong);
  });

/** Node reads at most 2 GiB at once. */
const LARGEST_READ = 2 ** 30;

function readRange(file: number, offset: number, length: number, wrong: Wrong): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const read = readSync(file, bytes, done, Math.min(LARGEST_READ, length - done), offset + done);
    if (read === 0) throw wrong('which became shorter while it was read');
    done += read;
  }
  return bytes;
}
