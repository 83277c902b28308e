import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../base/errors.ts';
import type { Normalisation } from '../../models/index.ts';
import { fraction } from '../flags/fraction.ts';

/** What a network's images were normalised by in training, a number for each channel. */
export interface NormalisationFlags {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

const numbers = (text: string): number[] => text.split(',').map(fraction);

function positive(text: string): number[] {
  const values = numbers(text);
  if (!values.every((value) => value > 0)) throw new InvalidArgumentError('Each number must be above 0.');
  return values;
}

/** Adds the options of `NormalisationFlags`. */
export function withNormalisationFlags(command: Command): Command {
  return command
    .option(
      '--mean <numbers>',
      'what the images were normalised by in training, by channel: 0.485,0.456,0.406',
      numbers,
    )
    .option('--std <numbers>', 'the standard deviations with --mean: 0.229,0.224,0.225', positive);
}

/** @throws InputError when one is given without the other, or they are not as many */
export function normalisationOf({ mean, std }: NormalisationFlags): Normalisation | undefined {
  if (mean === undefined && std === undefined) return undefined;
  if (mean === undefined || std === undefined || mean.length !== std.length)
    throw new InputError(
      `attack: --mean and --std go together, a number for each channel; --mean has ${mean?.length ?? 0}, --std ${std?.length ?? 0}`,
    );
  return { mean, standardDeviation: std };
}

/** What is said of a model that takes pixels as they are, which may not be what it was trained on. */
export const normalisationWarnings = (file: string, normalisation: Normalisation | undefined): string[] =>
  normalisation === undefined
    ? [
        `${file} tells no normalisation, so pixels enter the network as they are, from 0 to 1; if it was trained on normalised images, give --mean and --std`,
      ]
    : [];
