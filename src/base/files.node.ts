/** Reading and writing files: mistakes in a path become one-line InputErrors, and writes are all or nothing. */
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from './errors.ts';

/** What the system's error codes mean to a user who gave a path. Others (a full disk, say) are not the user's mistake. */
const PATH_MISTAKES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'the path is a loop of links',
  EEXIST: 'a part of the path is a file, not a folder',
  ERR_INVALID_ARG_VALUE: 'the path holds a null character',
  ERR_FS_FILE_TOO_LARGE: 'the file is larger than 2 GiB',
};

/** What is wrong with a path, by the system's error; undefined for an error of another kind. */
export function pathMistake(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? PATH_MISTAKES[String(error.code)] : undefined;
}

/** An InputError for a mistake in the path, else the error itself, to be thrown again. */
export function explainFileError(error: unknown, verb: 'read' | 'write', path: string): unknown {
  const mistake = pathMistake(error);
  return mistake === undefined ? error : new InputError(`cannot ${verb} ${path}: ${mistake}`);
}

/** The bytes of a file. @throws InputError when there is none, or it cannot be read. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { buffer, byteOffset, byteLength } = await readFile(path);
    // A plain array: Node's Buffer gives `slice` another meaning.
    return new Uint8Array(buffer, byteOffset, byteLength);
  } catch (error) {
    throw explainFileError(error, 'read', path);
  }
}

/** Bytes that are hashed at once. */
const PIECE = 2 ** 20;

/** SHA-256 of files, one after the other, in hexadecimal digits. @throws InputError when one cannot be read */
export function fileDigest(...paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths) addFile(hash, path);
  return hash.digest('hex');
}

function addFile(hash: Hash, path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const piece = new Uint8Array(PIECE);
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece)) hash.update(piece.subarray(0, read));
  } catch (error) {
    throw explainFileError(error, 'read', path);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The value in a JSON file, to be checked by the caller. @throws InputError when it cannot be read or is not JSON in UTF-8. */
export async function readJson(path: string): Promise<unknown> {
  const bytes = await readBytes(path);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) {
      // The engine quotes the text, line breaks included.
      throw new InputError(`${path} is not valid JSON: ${error.message.replace(/\s+/g, ' ')}`);
    }
    if (error instanceof TypeError) throw new InputError(`${path} is not valid JSON: it is not UTF-8 text`);
    throw error;
  }
}

/** Renaming is durable only when the folder is on the disk as well. */
async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and needs none of this.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What a file is to hold; pieces of text are written one after the other, so that they need not fit one string. */
export type FileContent = string | Uint8Array | Iterable<string>;

async function writeSynced(path: string, data: FileContent): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for (const piece of typeof data === 'string' || data instanceof Uint8Array ? [data] : data)
      await handle.appendFile(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that, killed at any moment, its path holds the old content or the whole new one: a temporary file in the
 * same folder (`.NAME.RANDOM.tmp`), synced, then renamed. Folders that are missing are made. A failed write leaves nothing.
 * @throws InputError when the path cannot be written.
 */
export async function writeFileAtomic(path: string, data: FileContent): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    try {
      await writeSynced(temporary, data);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(folder);
  } catch (error) {
    throw explainFileError(error, 'write', path);
  }
}

/**
 * Writes files that belong together, each as `writeFileAtomic` does, none where one of the paths is a folder.
 * @throws InputError when a path cannot be written.
 */
export async function writeFilesAtomic(files: readonly (readonly [path: string, data: FileContent])[]): Promise<void> {
  for (const [path] of files) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) throw new InputError(`cannot write ${path}: ${PATH_MISTAKES.EISDIR}`);
  }
  for (const [path, data] of files) await writeFileAtomic(path, data);
}
