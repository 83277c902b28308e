/** Official archives of data sets: fetched, checked and unpacked into a folder once. */
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { InputError } from '../../../base/errors.ts';
import { explainFileError } from '../../../base/files.node.ts';
import { cacheFolder } from '../../../base/folders.node.ts';
import type { Archive } from '../datasets/defineDataset.ts';
import { type DownloadOptions, download } from './download.node.ts';
import { readTar } from './tar.ts';

/** Where archives are unpacked to when no folder is named. */
export const datasetsFolder = (): string => join(cacheFolder(), 'data');

/** Far above what the official archives hold: a hostile one must not fill the disk. */
const MOST_BYTES = 2 ** 30;
const MOST_FILES = 1000;

/**
 * The folder of an archive's data set, `PARENT/FOLDER`. Where it is missing, the archive is downloaded and unpacked; killed at any
 * moment, the folder is whole or not there, and the download goes on where it was.
 * @throws InputError in one line
 */
export async function obtainArchive(
  { url, md5, folder }: Archive,
  parent: string,
  options: Partial<Omit<DownloadOptions, 'md5'>> = {},
): Promise<string> {
  const target = join(parent, folder);
  if (existsSync(target)) return target;
  const path = join(parent, `${folder}.tar.gz`);
  const otherwise = 'without internet, unpack that archive yourself and name its folder by --data-dir';
  try {
    if (!existsSync(path)) await download(url, path, { otherwise, ...options, md5 });
    await unpack(path, parent, folder);
    await rm(path, { force: true });
  } catch (error) {
    // Another process may have finished it, and taken the archive away.
    if (!existsSync(target)) throw error;
  }
  return target;
}

/**
 * Unpacks one top-level folder of a .tar.gz into `parent`, all at once: into a temporary folder beside, which is then renamed.
 * @throws InputError when the archive is damaged, hostile or too large, or has no such folder; then nothing is left
 */
export async function unpack(archive: string, parent: string, folder: string): Promise<void> {
  const temporary = join(parent, `.${folder}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeFiles(archive, temporary, folder);
    await rename(join(temporary, folder), join(parent, folder)).catch((error: unknown) => {
      // Another process was faster.
      if (!existsSync(join(parent, folder))) throw error;
    });
  } catch (error) {
    throw explainArchiveError(error, archive, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function writeFiles(archive: string, temporary: string, folder: string): Promise<void> {
  let files = 0;
  let bytes = 0;
  const stream = createReadStream(archive);
  const contents = stream.pipe(createGunzip());
  stream.on('error', (error) => contents.destroy(error));
  contents.on('close', () => stream.destroy());
  for await (const { name, size, content } of readTar(contents, archive)) {
    files += 1;
    bytes += size;
    if (files > MOST_FILES || bytes > MOST_BYTES)
      throw new InputError(`${archive}: refused: more than ${MOST_FILES} files or ${MOST_BYTES} bytes`);
    if (!name.startsWith(`${folder}/`)) continue;
    const path = join(temporary, name);
    await mkdir(dirname(path), { recursive: true });
    // 'wx': a second file of one name is an error.
    const file = await open(path, 'wx');
    try {
      for await (const part of content) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  if (!existsSync(join(temporary, folder)))
    throw new InputError(`${archive}: holds no folder ${folder}: it is another archive`);
}

function explainArchiveError(error: unknown, archive: string, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new InputError(`${archive}: truncated or not gzip-compressed: ${(error as Error).message}`);
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
    return new InputError(`${archive}: refused: two files in ${folder} have the same place`);
  return explainFileError(error, 'write', archive);
}
