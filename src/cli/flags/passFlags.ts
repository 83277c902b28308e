import { type Command, Option } from 'commander';
import { modelSize, wholeNumber } from './modelFlags.ts';

/** The batch of images that a command plans, measures or describes. */
export interface PassFlags {
  readonly batch: number;
  /** Height and width of an image in pixels. */
  readonly size: number;
  readonly channels: number;
}

/** Adds the options of `PassFlags`. @param defaults the image that is taken unless another is given */
export function withPassFlags(command: Command, { size, channels }: Pick<PassFlags, 'size' | 'channels'>): Command {
  return command
    .option('--batch <images>', 'images of a batch', wholeNumber, 32)
    .option('--size <pixels>', 'height and width of an image', modelSize, size)
    .option('--channels <count>', 'channels of an image', modelSize, channels);
}

/** What a training step computes a second time in its backward pass. */
export type Recompute = 'none' | 'blocks';

export const recomputeOption = (): Option =>
  new Option('--recompute <what>', 'which activations the backward pass computes again instead of remembering them')
    .choices(['none', 'blocks'])
    .default('none');
