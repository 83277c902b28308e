import type { Command } from 'commander';
import { writeFileAtomic } from '../base/files.node.ts';
import { plain } from '../base/notation.ts';
import { type Evaluation, evaluate, release, upload } from '../models/index.ts';
import { openModel } from '../models/open.node.ts';
import { type ImageFlags, imageSizeOf, openImages, splitOption } from './attack/images.ts';
import { percent } from './attack/text.ts';
import { withDataFlags } from './flags/dataFlags.ts';
import { type ModelFileFlags, modelFileOf, withModelFile } from './flags/modelFile.ts';
import { wholeNumber } from './flags/modelFlags.ts';
import { outputFile } from './flags/outputPath.ts';
import {
  normalisationWarnings,
  type PreprocessingFlags,
  preprocessingOf,
  withPreprocessingFlags,
} from './flags/preprocessingFlags.ts';
import type { Surroundings } from './program/surroundings.ts';
import { type Line, Table } from './terminal/table.ts';
import { print, printLines } from './terminal/terminal.ts';

interface EvaluateFlags
  extends Omit<ImageFlags, 'checkpoint' | 'samples' | 'seed'>,
    ModelFileFlags,
    PreprocessingFlags {
  readonly batch: number;
  readonly json?: string | true;
}

/** `outlast evaluate FILE`. */
export function addEvaluateCommand(command: Command, around: Surroundings): void {
  withPreprocessingFlags(withModelFile(command));
  withDataFlags(command, undefined)
    .addOption(splitOption())
    .option('--batch <images>', 'images classified together', wholeNumber, 100)
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .action((file: string | undefined, flags: EvaluateFlags) =>
      evaluateCommand(modelFileOf('evaluate', file, flags), flags, around),
    );
}

async function evaluateCommand(
  checkpoint: string,
  flags: EvaluateFlags,
  { terminal, openDevice }: Surroundings,
): Promise<void> {
  const chosen = { ...flags, checkpoint, seed: 0 };
  const saved = await openModel(checkpoint, { ...preprocessingOf(flags), images: () => imageSizeOf(chosen) });
  const { images, numbers, dataset, data, split, warnings } = await openImages(chosen, saved);
  const device = await openDevice();
  const weights = upload(device, saved.model, saved.weights);
  try {
    const shape = [dataset.channels, dataset.height, dataset.width] as const;
    const found = await evaluate(device, saved.model, weights, images, shape, { batchSize: flags.batch });
    const doubts = [...saved.notes, ...normalisationWarnings(checkpoint, saved), ...warnings(Array.from(numbers))];
    const { predictions: _, confidences: __, ...figures } = found;
    const classNames = dataset.classNames ?? saved.trainedOn?.classNames ?? null;
    const all = { checkpoint, data, split, images: images.count, ...figures, classNames, warnings: doubts };
    const json = JSON.stringify(all, null, 2);
    if (typeof flags.json === 'string') await writeFileAtomic(flags.json, `${json}\n`);
    if (flags.json === true) print(terminal, json);
    else
      printLines(terminal, [
        `${checkpoint} on ${images.count} images of ${data}`,
        '',
        ...describe(found, classNames),
        ...doubts.map((each) => `warning: ${each}`),
      ]);
  } finally {
    release(weights);
    device.destroy();
  }
}

/** Classes beyond these are left to JSON. */
const SHOWN_CLASSES = 20;

function describe(
  { accuracy, loss, calibrationError, classAccuracies, confusion }: Evaluation,
  names: readonly string[] | null,
): Line[] {
  const rows = classAccuracies
    .slice(0, SHOWN_CLASSES)
    .map((share, label) => [
      names?.[label] ?? String(label),
      String(confusion[label].reduce((sum, count) => sum + count, 0)),
      share === null ? plain.none : percent(share),
    ]);
  return [
    new Table([
      ['accuracy', percent(accuracy)],
      ['mean cross-entropy', loss.toFixed(4)],
      ['calibration error', percent(calibrationError)],
    ]),
    '',
    new Table([['class', 'images', 'accuracy'], ...rows]),
    ...(classAccuracies.length > rows.length
      ? [`${classAccuracies.length - rows.length} further classes are in --json`]
      : []),
  ];
}
