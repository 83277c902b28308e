import { type Command, Option } from 'commander';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import { readCheckpoint } from '../models/checkpoint/file.node.ts';
import {
  buildNetwork,
  DEFAULT_OPSET,
  type Ends,
  fromCheckpoint,
  type HostWeights,
  type ImageShape,
  loadOnnx,
  type Model,
  openClassifier,
  type SavedModel,
  toOnnx,
  trainedOnIn,
  WRITTEN_OPSETS,
} from '../models/index.ts';
import { readOnnxFile } from '../models/onnx/file.node.ts';
import { checkpointNormalisation, isOnnx } from '../models/open.node.ts';
import { modelSize } from './flags/modelFlags.ts';
import { outputFile } from './flags/outputPath.ts';
import { type PreprocessingFlags, preprocessingOf, withPreprocessingFlags } from './flags/preprocessingFlags.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print } from './terminal/terminal.ts';

interface ExportFlags extends PreprocessingFlags {
  readonly onnx: string;
  readonly batchNorm: 'kept' | 'folded';
  readonly opset: string;
  readonly size?: number;
  readonly channels: number;
}

/** A network in f32, with what its file is to say of it. */
interface Exported {
  readonly model: Model;
  readonly weights: HostWeights;
  readonly images: ImageShape;
  readonly classNames: readonly string[] | null;
}

/** `outlast export FILE --onnx FILE`. Opens no device. */
export function addExportCommand(command: Command, { terminal }: Surroundings): void {
  command
    .argument('<file>', 'a trained model: a checkpoint, or an ONNX file, whose preprocessing becomes part of it')
    .requiredOption('--onnx <file>', 'ONNX file to write', outputFile)
    .addOption(
      new Option('--batch-norm <how>', 'as nodes of its own, or as part of the convolutions before it')
        .choices(['kept', 'folded'])
        .default('kept'),
    )
    .addOption(
      new Option('--opset <version>', 'version of the operators of ONNX')
        .choices(WRITTEN_OPSETS.map(String))
        .default(String(DEFAULT_OPSET)),
    )
    .option('--size <pixels>', 'side of the images, where the file does not say', modelSize)
    .option('--channels <count>', 'channels of the images, with --size of an ONNX file', modelSize, 3);
  withPreprocessingFlags(command).action(async (file: string, flags: ExportFlags) => {
    const preprocessing = preprocessingOf(flags);
    const { model, weights, images, classNames } = isOnnx(file)
      ? await ofOnnx(file, preprocessing, flags)
      : await ofCheckpoint(file, preprocessing, flags);
    const { batchNorm, opset } = flags;
    const bytes = toOnnx(model, weights, {
      ...{ images, batchNorm, opset: Number(opset) },
      classNames: classNames ?? undefined,
    });
    await writeFileAtomic(flags.onnx, bytes);
    print(terminal, `${flags.onnx}: ${model.name}, images [batch, ${images.join(', ')}], opset ${opset}`);
  });
}

/** The network of an ONNX file, whatever precision it is read in otherwise. */
async function ofOnnx(file: string, preprocessing: Ends, { size, channels }: ExportFlags): Promise<Exported> {
  const { bytes, ...source } = await readOnnxFile(file);
  const given: ImageShape | undefined = size === undefined ? undefined : [channels, size, size];
  const { model, weights, images } = loadOnnx(bytes, { ...source, ...preprocessing, precision: 'f32', images: given });
  const { metadata } = openClassifier(bytes, { ...source, output: preprocessing.output });
  return { model, weights, images, classNames: trainedOnIn(Object.fromEntries(metadata), file)?.classNames ?? null };
}

async function ofCheckpoint(file: string, preprocessing: Ends, flags: ExportFlags): Promise<Exported> {
  const normalise = checkpointNormalisation(file, preprocessing);
  const saved = fromCheckpoint(await readCheckpoint(file), file, normalise);
  const { weights, options, trainedOn } = saved;
  // Parameters of f16 and f8 are kept in f32; those of more bits are rounded.
  const rounded = (values: Readonly<Record<string, ArrayLike<number>>>) =>
    Object.fromEntries(Object.entries(values).map(([name, numbers]) => [name, Float32Array.from(numbers)]));
  return {
    model: buildNetwork({ ...options, precision: 'f32' }),
    weights: { parameters: rounded(weights.parameters), state: rounded(weights.state) },
    images: imagesOf(saved, flags, file),
    classNames: trainedOn?.classNames ?? null,
  };
}

/** The size of the images. @throws InputError when neither the checkpoint nor a flag says it */
function imagesOf({ options, trainedOn }: SavedModel, { size }: ExportFlags, file: string): ImageShape {
  if (trainedOn !== null) return trainedOn.shape;
  if (size === undefined)
    throw new InputError(`${file}: does not say the size of its images; give it as --size, 224 for ImageNet's`);
  return [options.inChannels, size, size];
}
