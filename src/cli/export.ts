import { type Command, Option } from 'commander';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import { readCheckpoint } from '../models/checkpoint/file.node.ts';
import {
  buildNetwork,
  DEFAULT_OPSET,
  fromCheckpoint,
  type ImageShape,
  type SavedModel,
  toOnnx,
  WRITTEN_OPSETS,
} from '../models/index.ts';
import { modelSize } from './flags/modelFlags.ts';
import { outputFile } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print } from './terminal/terminal.ts';

interface ExportFlags {
  readonly onnx: string;
  readonly batchNorm: 'kept' | 'folded';
  readonly opset: string;
  readonly size?: number;
}

/** `outlast export CHECKPOINT --onnx FILE`. Opens no device. */
export function addExportCommand(command: Command, { terminal }: Surroundings): void {
  command
    .argument('<checkpoint>', 'a trained model')
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
    .option('--size <pixels>', 'side of the images, where the checkpoint does not say', modelSize)
    .action(async (file: string, flags: ExportFlags) => {
      const saved = fromCheckpoint(await readCheckpoint(file), file);
      const images = imagesOf(saved, flags, file);
      // Parameters of f16 and f8 are kept in f32; those of more bits are rounded.
      const model = buildNetwork({ ...saved.options, precision: 'f32' });
      const rounded = (values: Readonly<Record<string, ArrayLike<number>>>) =>
        Object.fromEntries(Object.entries(values).map(([name, numbers]) => [name, Float32Array.from(numbers)]));
      const weights = { parameters: rounded(saved.weights.parameters), state: rounded(saved.weights.state) };
      const classNames = saved.trainedOn?.classNames ?? undefined;
      const { batchNorm, opset } = flags;
      const bytes = toOnnx(model, weights, { images, batchNorm, opset: Number(opset), classNames });
      await writeFileAtomic(flags.onnx, bytes);
      print(terminal, `${flags.onnx}: ${model.name}, images [batch, ${images.join(', ')}], opset ${opset}`);
    });
}

/** The size of the images. @throws InputError when neither the checkpoint nor a flag says it */
function imagesOf({ options, trainedOn }: SavedModel, { size }: ExportFlags, file: string): ImageShape {
  if (trainedOn !== null) return trainedOn.shape;
  if (size === undefined)
    throw new InputError(`${file}: does not say the size of its images; give it as --size, 224 for ImageNet's`);
  return [options.inChannels, size, size];
}
