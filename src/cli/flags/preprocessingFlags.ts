/** What a network was given in training in place of pixels from 0 to 1, and where its logits are, where its file does not tell. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../base/errors.ts';
import { COLOUR_ORDERS, type Ends, LAYOUTS, type Normalisation, PIXEL_RANGES } from '../../models/index.ts';
import { fraction } from './fraction.ts';

export interface PreprocessingFlags {
  /** Mean and standard deviation of each channel. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly range?: Ends['range'];
  readonly order?: Ends['channels'];
  readonly layout?: Ends['layout'];
  readonly output?: string;
}

const numbers = (text: string): number[] => text.split(',').map(fraction);

function positive(text: string): number[] {
  const values = numbers(text);
  if (!values.every((value) => value > 0)) throw new InvalidArgumentError('Each number must be above 0.');
  return values;
}

/** Adds the options of `PreprocessingFlags`. */
export function withPreprocessingFlags(command: Command): Command {
  return command
    .option(
      '--mean <numbers>',
      'what the images were normalised by in training, by channel: 0.485,0.456,0.406',
      numbers,
    )
    .option('--std <numbers>', 'the standard deviations with --mean: 0.229,0.224,0.225', positive)
    .addOption(new Option('--range <range>', 'pixels that an ONNX network takes: 0..1').choices(PIXEL_RANGES))
    .addOption(new Option('--order <order>', 'colours that an ONNX network takes: rgb').choices(COLOUR_ORDERS))
    .addOption(
      new Option('--layout <layout>', 'axes of the images of an ONNX network, which its file mostly tells').choices(
        LAYOUTS,
      ),
    )
    .option('--output <name>', 'the value of an ONNX network that holds its logits: its first output');
}

/** @throws InputError when a mean is given without a deviation, or they are not as many */
export function preprocessingOf({ mean, std, range, order, layout, output }: PreprocessingFlags): Ends {
  if ((mean === undefined) !== (std === undefined) || mean?.length !== std?.length)
    throw new InputError(
      `--mean and --std go together, a number for each channel; --mean has ${mean?.length ?? 0}, --std ${std?.length ?? 0}`,
    );
  const normalise = mean && std && { mean, standardDeviation: std };
  return { normalise, range, channels: order, layout, output };
}

/** What is said of a model that takes pixels as they are, which may not be what it was trained on. */
export const normalisationWarnings = (
  file: string,
  { normalisation, tellsReading }: { readonly normalisation: Normalisation | null; readonly tellsReading: boolean },
): string[] =>
  normalisation === null && !tellsReading
    ? [
        `${file} tells no normalisation, so pixels enter the network as they are, from 0 to 1; if it was trained on normalised images, give --mean and --std`,
      ]
    : [];
