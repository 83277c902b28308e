/** The model that a command plans or measures: one of a family, or the network of an ONNX file. */
import type { Command } from 'commander';
import { InputError } from '../../base/errors.ts';
import { flagCase } from '../../base/parameter.ts';
import {
  buildNetwork,
  describeNetwork,
  type ImageShape,
  loadOnnx,
  type Model,
  networkFor,
  type Precision,
} from '../../models/index.ts';
import { readOnnxFile } from '../../models/onnx/file.node.ts';
import { isOnnx } from '../../models/open.node.ts';
import { type ModelFlags, modelParametersIn, networkFrom } from './modelFlags.ts';
import type { PassFlags } from './passFlags.ts';

export interface MeasuredModel {
  /** The model as flags describe it. */
  readonly model: Model;
  /** The images that it takes. */
  readonly image: ImageShape;
  /** The model in a few words. */
  readonly title: string;
  /** Builds this network in another number format. */
  inPrecision(precision: Precision): Model;
}

/**
 * The model of a name and flags.
 * @param command as commander knows it: an ONNX file says the size of its images, unless flags give one
 * @param classes of a model of a family
 * @throws InputError when there is no such model or file, or a flag does not go with it
 */
export async function measuredModel(
  name: string,
  flags: ModelFlags & PassFlags,
  command: Command,
  classes: number,
): Promise<MeasuredModel> {
  return isOnnx(name) ? onnxModel(name, flags, command) : familyModel(name, flags, command, classes);
}

function familyModel(name: string, flags: ModelFlags & PassFlags, command: Command, classes: number): MeasuredModel {
  const { channels, size } = flags;
  const spec = networkFrom(command.name(), name, flags);
  const inPrecision = (precision: Precision) =>
    buildNetwork(networkFor({ ...spec, precision }, { channels, height: size, width: size, classes }));
  return {
    model: inPrecision(spec.precision),
    image: [channels, size, size],
    title: describeNetwork(spec),
    inPrecision,
  };
}

async function onnxModel(path: string, flags: ModelFlags & PassFlags, command: Command): Promise<MeasuredModel> {
  const [parameter] = modelParametersIn(flags);
  if (parameter !== undefined)
    throw new InputError(
      `${command.name()}: ${flagCase(parameter)} is for models of a family; ${path} says all of its network`,
    );
  const { bytes, ...source } = await readOnnxFile(path);
  const isGiven = ['channels', 'size'].some((flag) => command.getOptionValueSource(flag) === 'cli');
  const images: ImageShape | undefined = isGiven ? [flags.channels, flags.size, flags.size] : undefined;
  const load = (precision: Precision) => loadOnnx(bytes, { ...source, images, precision });
  const { model, images: image } = load(flags.precision);
  return { model, image, title: path, inPrecision: (precision) => load(precision).model };
}
