import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { explainFileError } from '../../../base/files.node.ts';

/** The images for training and for testing of a folder; without `test` all are for training. */
export interface FolderParts {
  readonly train: string;
  readonly test: string | null;
}

/** What the part for testing is called; the first that is there is taken. `val` as in timm's and in ImageNet's folders. */
const TESTING = ['test', 'val', 'validation'] as const;

/**
 * Tells by its content how a folder of images is divided: `train/` and `test/` (or `val/`, `validation/`) are its parts where they hold the
 * folders of the classes, and classes like any other where they hold images.
 * @throws InputError when one part is there without the other, or the folder cannot be read
 */
export async function folderParts(folder: string): Promise<FolderParts> {
  const parts = new Set<string>();
  for (const { name } of (await visible(folder)).filter((each) => isFolder(each)))
    if ((name === 'train' || isTesting(name)) && (await holdsFolders(join(folder, name)))) parts.add(name);
  const testing = TESTING.find((name) => parts.has(name));
  if (parts.size === 0) return { train: folder, test: null };
  if (testing === undefined || !parts.has('train'))
    throw new InputError(
      `${folder}: has ${testing ?? 'train'}/ with folders of classes ${testing === undefined ? `and none of ${TESTING.join('/, ')}/` : 'and no train/'}: it must hold both parts, or the classes themselves`,
    );
  return { train: join(folder, 'train'), test: join(folder, testing) };
}

const isTesting = (name: string): boolean => TESTING.some((each) => each === name);

/** Links count: they may lead to folders. */
const isFolder = (entry: Dirent): boolean => entry.isDirectory() || entry.isSymbolicLink();

/** Whether a folder holds folders, or nothing at all, and so no images. */
async function holdsFolders(folder: string): Promise<boolean> {
  const entries = await visible(folder);
  return entries.length === 0 || entries.some((entry) => isFolder(entry) && !/\.(png|jpe?g)$/i.test(entry.name));
}

async function visible(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw explainFileError(error, 'read', folder);
  });
  return entries.filter(({ name }) => !name.startsWith('.'));
}
