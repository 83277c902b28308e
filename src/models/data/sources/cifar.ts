/**
 * The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky, 2009): records without a header, each one or two label bytes, then
 * 1,024 red, 1,024 green and 1,024 blue bytes, row-major. CIFAR-10 has one label; CIFAR-100 a coarse, then a fine one.
 */
import { InputError } from '../../../base/errors.ts';
import type { Split } from '../dataset.ts';

export interface CifarFormat {
  readonly name: string;
  /** The label bytes of a record, in order, with their number of classes; the last one is the image's class. */
  readonly labels: readonly { readonly name: string; readonly classes: number }[];
}

export const CIFAR10: CifarFormat = { name: 'cifar10', labels: [{ name: 'label', classes: 10 }] };

export const CIFAR100: CifarFormat = {
  name: 'cifar100',
  labels: [
    { name: 'coarse label', classes: 20 },
    { name: 'fine label', classes: 100 },
  ],
};

export const CIFAR_CHANNELS = 3;
export const CIFAR_SIDE = 32;
const IMAGE_BYTES = CIFAR_CHANNELS * CIFAR_SIDE * CIFAR_SIDE;

export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

function recordBytes(format: CifarFormat): number {
  return format.labels.length + IMAGE_BYTES;
}

function checkLength({ file, bytes }: NamedBytes, format: CifarFormat): void {
  const record = recordBytes(format);
  if (bytes.length === 0) throw new InputError(`${file}: empty: should hold ${format.name} records of ${record} bytes`);
  const rest = bytes.length % record;
  if (rest !== 0) {
    throw new InputError(
      `${file}: truncated or not ${format.name}: ${bytes.length} bytes, should be a multiple of ${record} (${rest} left over)`,
    );
  }
}

/**
 * Reads the records of one or several files, in order, into one split.
 * @throws InputError when a file's length is not a whole number of records, or a label is out of range.
 */
export function parseCifar(files: readonly NamedBytes[], format: CifarFormat): Split {
  for (const file of files) checkLength(file, format);
  const record = recordBytes(format);
  const labelBytes = format.labels.length;
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / record, 0);
  const images = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  let image = 0;
  for (const { file, bytes } of files) {
    for (let at = 0; at < bytes.length; at += record) {
      format.labels.forEach(({ name, classes }, i) => {
        if (bytes[at + i] >= classes) {
          throw new InputError(
            `${file}: record ${at / record}: ${name} is ${bytes[at + i]}, should be 0 to ${classes - 1}`,
          );
        }
      });
      labels[image] = bytes[at + labelBytes - 1];
      images.set(bytes.subarray(at + labelBytes, at + record), image * IMAGE_BYTES);
      image++;
    }
  }
  return { images, labels, count };
}
