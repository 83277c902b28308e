import { type Command, Option } from 'commander';
import { InputError } from '../../base/errors.ts';
import {
  DEFAULT_PRECISION,
  PRECISIONS,
  type Precision,
  RESNET_DEFAULTS,
  RESNET_DEPTHS,
  type ResNetDepth,
} from '../../models/index.ts';
import { count } from './count.ts';

/** What describes a model on the command line, beside its name. */
export interface ModelFlags {
  readonly width: number;
  readonly stem: 'imagenet' | 'cifar';
  readonly precision: Precision;
}

/** For options that count something. */
export const wholeNumber = count(1);

/** For sizes of a model and of its images: channels, pixels of a side. */
export const modelSize = count(1, 65_536);

/** Adds the options of `ModelFlags`, with the same defaults for every command. */
export function withModelFlags(command: Command): Command {
  return command
    .option('--width <channels>', 'channels of the first stage', modelSize, RESNET_DEFAULTS.width)
    .addOption(
      new Option('--stem <stem>', 'first layers: imagenet, 7x7 of stride 2 with max-pool; cifar, 3x3')
        .choices(['imagenet', 'cifar'])
        .default(RESNET_DEFAULTS.stem),
    )
    .addOption(new Option('--precision <bits>', 'number format').choices(PRECISIONS).default(DEFAULT_PRECISION));
}

/** The depth in a model's name. @throws InputError when it is none of the family */
export function depthOf(name: string, command: string): ResNetDepth {
  const depth = RESNET_DEPTHS.find((layers) => name.toLowerCase() === `resnet${layers}`);
  if (depth === undefined)
    throw new InputError(
      `${command}: "${name}" is no model; it must be ${RESNET_DEPTHS.map((each) => `resnet${each}`).join(', ')}`,
    );
  return depth;
}
