import type { Command } from 'commander';
import { InputError } from '../../base/errors.ts';
import { DATASET_NAMES, type DataSource, type Dataset, LONGEST_SIDE } from '../../models/index.ts';
import { count } from './count.ts';

/** What names a data set on the command line. */
export interface DataFlags {
  readonly data: string;
  readonly dataDir?: string;
  readonly resize?: number;
  readonly crop?: number;
}

const side = count(1, LONGEST_SIDE);

/** Adds the options of `DataFlags`. @param fallback the data set without --data; undefined where the command chooses one itself */
export function withDataFlags(command: Command, fallback: string | undefined): Command {
  return command
    .option('--data <name>', `${DATASET_NAMES.join(', ')}, or the path of a folder of images by class`, fallback)
    .option('--data-dir <folder>', 'folder with the official files of the data set')
    .option('--resize <pixels>', "shorter side that a folder's images get, as torchvision's Resize", side)
    .option('--crop <pixels>', "side of the square cut out of their middle, as torchvision's CenterCrop", side);
}

/** The data set of a name, or of the path of a folder of images. @throws InputError when it is neither, or has flags it does not take */
export function sourceOf({ data, resize, crop }: DataFlags): DataSource {
  const name = DATASET_NAMES.find((each) => each === data);
  if (name === undefined && !/[/\\]/.test(data))
    throw new InputError(
      `--data: "${data}" is no data set; it must be ${DATASET_NAMES.join(', ')} or the path of a folder of images, as in ./images`,
    );
  if (name === undefined) return { name: 'folder', path: data, ...(resize && { resize }), ...(crop && { crop }) };
  if (resize !== undefined || crop !== undefined)
    throw new InputError(`--resize and --crop are for folders of images; those of ${name} have one size`);
  return { name };
}

/** A line that says that the files in `--data-dir` are of another data set than was asked for; null where they are not. */
export const otherDataset = ({ name: asked }: DataSource, { name, classes, train, test }: Dataset): string | null =>
  name === asked
    ? null
    : `the files in place of ${asked} are ${name}: ${classes} classes, ${train.count} training and ${test.count} test images`;
