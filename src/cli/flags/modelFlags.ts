import { type Command, Option } from 'commander';
import { InputError } from '../../base/errors.ts';
import { listed } from '../../base/parameter.ts';
import {
  DEFAULT_PRECISION,
  NETWORK_NAMES,
  NETWORKS,
  PRECISIONS,
  type Precision,
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

/** What the flags of a model describe; defaults are the family's. */
const [{ parameters }] = NETWORKS;

/** The names of models, for help: `resnet18, resnet34 or …`. */
export const MODEL_NAMES = listed([...NETWORK_NAMES.keys()], 'or');

/** Adds the options of `ModelFlags`, with the same defaults for every command. */
export function withModelFlags(command: Command): Command {
  const { width, stem } = parameters;
  return command
    .option(`--width <${width.takes}>`, width.about, modelSize, width.default)
    .addOption(new Option('--stem <stem>', stem.about).choices(stem.choices).default(stem.default))
    .addOption(new Option('--precision <bits>', 'number format').choices(PRECISIONS).default(DEFAULT_PRECISION));
}

/** The depth in a model's name. @throws InputError when no model has it */
export function depthOf(name: string, command: string): ResNetDepth {
  const depth = NETWORK_NAMES.get(name.toLowerCase())?.depth;
  if (depth !== undefined) return depth;
  throw new InputError(`${command}: "${name}" is no model; it must be ${[...NETWORK_NAMES.keys()].join(', ')}`);
}
