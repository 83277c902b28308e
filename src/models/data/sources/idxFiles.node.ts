import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InputError } from '../../../base/errors.ts';
import { explainFileError } from '../../../base/files.node.ts';
import { emnistNamed, type FamilyMember, TORCHVISION_FOLDERS } from './mnistFamily.ts';

/** The four IDX files of a data set. */
export interface IdxPaths {
  readonly train: { readonly images: string; readonly labels: string };
  readonly test: { readonly images: string; readonly labels: string };
  /** What the data set is by its names of files or folders, where these say it. */
  readonly known: FamilyMember | null;
}

/**
 * `train-images-idx3-ubyte`, with a dot as some mirrors write it, of EMNIST with `emnist-PART-` before; test files are
 * `t10k-` or `test-`.
 */
const NAME = /^(?:(emnist-[a-z]+)-)?(train|t10k|test)-(images[-.]idx3|labels[-.]idx1)-ubyte(?:\.gz)?$/;

/**
 * Finds the IDX files of a folder, or of a folder that torchvision made below it (`MNIST/raw` and the like, or `raw`).
 * @throws InputError when one of the four is missing, or several data sets are there
 */
export async function findIdxFiles(folder: string): Promise<IdxPaths> {
  const below = [...TORCHVISION_FOLDERS.keys()].map((name) => join(name, 'raw'));
  const places = ['', 'raw', ...below].filter((place) => existsSync(join(folder, place)));
  const found: { readonly place: string; readonly prefix: string; readonly names: readonly string[] }[] = [];
  for (const place of places) {
    const names = (await namesIn(join(folder, place))).filter((name) => NAME.test(name));
    const prefixes = new Set(names.map((name) => NAME.exec(name)?.[1] ?? ''));
    for (const prefix of prefixes)
      found.push({ place, prefix, names: names.filter((name) => (NAME.exec(name)?.[1] ?? '') === prefix) });
  }
  // Files of the folder itself come before those below it, and MNIST, which was asked for, before its relatives.
  const chosen =
    found.length < 2
      ? found
      : (['', join('MNIST', 'raw')].map((place) => found.filter((each) => each.place === place)).find(isOne) ?? found);
  if (chosen.length > 1)
    throw new InputError(
      `${folder}: holds several data sets (${chosen.map(({ place, prefix }) => join(place, prefix)).join(', ')}): put the files of one into a folder of its own, and name that`,
    );
  const [{ place, prefix, names }] = chosen.length === 1 ? chosen : [{ place: '', prefix: '', names: [] }];
  const at = join(folder, place);
  const pathOf = (part: string, kind: string): string => {
    // Unpacked before packed.
    const fitting = names.filter((name) => {
      const [, , ownPart, ownKind] = NAME.exec(name) ?? [];
      return (ownPart === 'train' ? 'train' : 'test') === part && ownKind?.startsWith(kind);
    });
    const [name] = fitting.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
    if (name !== undefined) return join(at, name);
    const usual = `${part === 'train' ? 'train' : 't10k'}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte`;
    throw new InputError(`cannot read ${join(at, usual)}: no such file or folder, nor as .gz or with a dot before idx`);
  };
  const pathsOf = (part: string) => ({ images: pathOf(part, 'images'), labels: pathOf(part, 'labels') });
  const byFolder = [...TORCHVISION_FOLDERS].find(([name]) => resolve(at).endsWith(join('/', name, 'raw')))?.[1] ?? null;
  return { test: pathsOf('test'), train: pathsOf('train'), known: emnistNamed(prefix) ?? byFolder };
}

const isOne = ({ length }: readonly unknown[]): boolean => length === 1;

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw explainFileError(error, 'read', folder);
  });
}
