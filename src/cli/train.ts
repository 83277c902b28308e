import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../base/errors.ts';
import { flagCase } from '../base/parameter.ts';
import { hasCheckpoints } from '../models/checkpoint/folder.node.ts';
import { loadDataset } from '../models/data/load.node.ts';
import { checkBatchNorm, labelNetwork, partsOf } from '../models/index.ts';
import { type TrainingPlace, trainingPlace } from '../models/training/place.node.ts';
import { type DataFlags, otherDataset, sourceOf, withDataFlags } from './flags/dataFlags.ts';
import {
  MODEL_NAMES,
  type ModelFlags,
  modelParametersIn,
  networkFrom,
  wholeNumber,
  withModelFlags,
} from './flags/modelFlags.ts';
import { number } from './flags/number.ts';
import { outputFolder } from './flags/outputPath.ts';
import { type PreprocessingFlags, preprocessingOf, withPreprocessingFlags } from './flags/preprocessingFlags.ts';
import { SignalError } from './program/failure.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print, printLines } from './terminal/terminal.ts';
import { type AdversarialFlags, adversarialFrom, withAdversarialFlags } from './train/adversarial.ts';
import type { Kept, TrainConfig } from './train/config.ts';
import { type NetworkFor, newNetwork, readNetwork } from './train/network.ts';
import { trainingProgress } from './train/progress.ts';
import { computedBy, resumeFrom, runTraining, type TrainOutcome, type TrainTask } from './train/run.ts';
import { type TrainingFlags, trainingFrom, withTrainingFlags } from './train/trainingFlags.ts';

interface TrainFlags extends ModelFlags, DataFlags, AdversarialFlags, TrainingFlags, PreprocessingFlags {
  readonly split: TrainConfig['data']['split'];
  readonly train?: number;
  readonly test?: number;
  readonly validation: number;
  readonly model: string;
  readonly from?: string;
  readonly searchEpochs: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  readonly keep: number;
  readonly out: string;
  readonly resume?: true;
  readonly pricePerHour?: number;
  readonly watts?: number;
  readonly json?: true;
}

function seed(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new InvalidArgumentError('It must be a whole number from 0 to 4294967295.');
  return value;
}

/** `outlast train`. */
export function addTrainCommand(command: Command, around: Surroundings): void {
  command
    .requiredOption('--out <folder>', 'where model, checkpoints, metrics and result go', outputFolder)
    .option('--resume', 'go on from the last checkpoint in the folder, with its options');
  withDataFlags(command, 'mnist')
    .addOption(
      new Option('--split <how>', 'as published, or all images divided at random')
        .choices(['standard', 'shuffled'])
        .default('standard'),
    )
    .option('--train <images>', 'images to train on; all of the training split without it', wholeNumber)
    .option('--test <images>', 'images to test with; all of the test split without it', wholeNumber)
    .option('--validation <images>', 'images of those to train on that are held out', wholeNumber, 0)
    .option('--model <name>', MODEL_NAMES, 'resnet18');
  command.option('--from <file>', 'start from the weights of this network, ONNX or safetensors, in place of --model');
  withPreprocessingFlags(command);
  withTrainingFlags(withModelFlags(command)).option(
    '--search-epochs <count>',
    'epochs of each training that chooses the learning rate',
    wholeNumber,
    1,
  );
  withAdversarialFlags(command)
    .option('--seed <number>', 'decides weights, order, augmentation and the choice of images', seed, 0)
    .option('--checkpoint-every <epochs>', 'epochs between checkpoints', wholeNumber, 1)
    .option('--keep <count>', 'checkpoints that are kept', wholeNumber, 2)
    .option('--price-per-hour <amount>', 'of this machine, to tell what the training cost', number)
    .option('--watts <power>', 'of this machine, to tell the energy', number)
    .option('--json', 'print the result as JSON')
    .action((flags: TrainFlags) => trainCommand(flags, command, around));
}

/** What asks a training to end: Ctrl-C, a system or a queue that stops, a terminal that is closed. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Flags that do not change what is computed, and may go with --resume. */
const FREE = new Set(['out', 'resume', 'dataDir', 'keep', 'pricePerHour', 'watts', 'json']);

async function trainCommand(flags: TrainFlags, command: Command, around: Surroundings): Promise<void> {
  const progress = trainingProgress(around.terminal);
  const interruption = new AbortController();
  const started = flags.resume ? await resumed(flags, command, progress.say) : await configured(flags, command);
  const whole = await loadDataset(started.place.source, {
    dataDir: started.place.dataDir,
    onDownload: ({ doneBytes, totalBytes }) => progress.update(downloadText(doneBytes, totalBytes)),
  });
  const other = otherDataset(started.config.data.source, whole);
  if (other !== null) progress.say(other);
  // Also before the search for a learning rate, and before a folder is made.
  const { config, networkFor, place } = started;
  const parts = partsOf(whole, config.data, config.seed);
  const network = networkFor(parts.dataset, place.source.name === 'folder' ? place.source.path : whole.name);
  for (const note of network.notes) progress.say(`warning: ${note}`);
  const { channels, height, width } = whole;
  checkBatchNorm(network.model, [config.batchSize, channels, height, width]);
  const device = await around.openDevice();
  if (started.computedBy !== undefined && !sameComputer(started.computedBy, computedBy(device)))
    progress.say(
      'the checkpoint was computed by another adapter or other kernels: the result may differ in its last bits',
    );
  let interruptedBy: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    // A second signal, of whichever kind, ends the process at once.
    for (const each of SIGNALS) process.removeListener(each, interrupt);
    interruptedBy = signal;
    progress.say('interrupted: a checkpoint is written after the batches under way');
    interruption.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    const { pricePerHour, watts, out, keep } = flags;
    const prices = { pricePerHour, watts };
    const { resume, search } = started;
    const task = {
      ...{ config, network, whole, parts, resume, search },
      out,
      keep,
      prices,
      signal: interruption.signal,
    };
    const result = await runTraining(device, task, progress);
    if (flags.json) print(around.terminal, JSON.stringify(result, null, 2));
    else printLines(around.terminal, describe(result, out));
    if (interruptedBy !== undefined && result.outcome === 'interrupted')
      throw new SignalError(`interrupted; \`outlast train --out ${out} --resume\` goes on`, interruptedBy);
  } catch (error) {
    const broken = device.broken !== null && (await hasCheckpoints(flags.out));
    throw broken
      ? new Error(`${(error as Error).message}; \`outlast train --out ${flags.out} --resume\` goes on`)
      : error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt);
    device.destroy();
  }
}

type Started = Pick<TrainTask, 'config' | 'resume' | 'search'> &
  Partial<Pick<Kept, 'computedBy'>> & { readonly place: TrainingPlace; readonly networkFor: NetworkFor };

const sameComputer = (a: Kept['computedBy'], b: Kept['computedBy']) =>
  a.adapter === b.adapter && a.kernels === b.kernels;

const downloadText = (done: number, total: number | null) =>
  `downloading, ${(done / 1e6).toFixed(1)}${total === null ? '' : ` of ${(total / 1e6).toFixed(1)}`} MB`;

async function resumed({ out, dataDir }: TrainFlags, command: Command, say: (line: string) => void): Promise<Started> {
  const fromCommandLine = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .filter((option) => !FREE.has(option.attributeName()));
  if (fromCommandLine.length > 0)
    throw new InputError(
      `train: --resume takes its options from the checkpoint; leave out ${fromCommandLine.map(({ long }) => long).join(', ')}`,
    );
  const { file, images, ...kept } = await resumeFrom(out);
  say(`going on from ${file}`);
  const { source } = kept.config.data;
  return { ...kept, place: images === null ? { source, dataDir } : trainingPlace(images, file, dataDir) };
}

async function configured(flags: TrainFlags, command: Command): Promise<Started> {
  if (await hasCheckpoints(flags.out))
    throw new InputError(`train: ${flags.out} holds a training already; go on with --resume, or name another folder`);
  const { split, train = null, test = null, validation } = flags;
  const { learningRate, searchEpochs, checkpointEvery, seed } = flags;
  if (learningRate.length > 1 && validation === 0)
    throw new InputError('train: several learning rates are chosen from by validation; give --validation as well');
  const source = sourceOf(flags);
  const training = trainingFrom(flags);
  const { networkFor, config: described } = await networkOf(flags, command);
  const config: TrainConfig = {
    data: { source, split, train, test, validation },
    ...described,
    ...training,
    adversarial: adversarialFrom(flags),
    checkpointEvery,
    seed,
  };
  const place = { source, dataDir: flags.dataDir };
  return learningRate.length > 1
    ? { config, networkFor, place, search: { learningRates: learningRate, epochs: searchEpochs } }
    : { config, networkFor, place };
}

/** The network that flags describe, or name a file of. @throws InputError when they do both, or the file cannot be read */
async function networkOf(flags: TrainFlags, command: Command) {
  const { model, from: path } = flags;
  const given = (names: readonly string[]) => names.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (path === undefined) {
    const [reading] = given(['mean', 'std', 'range', 'order', 'layout']);
    if (reading !== undefined)
      throw new InputError(
        `train: ${flagCase(reading)} says how the network of a file takes images; give --from FILE as well`,
      );
    const spec = networkFrom('train', model, flags);
    return { config: { model: spec }, networkFor: newNetwork(spec) };
  }
  const [described] = [...given(['model']), ...modelParametersIn(flags)];
  if (described !== undefined)
    throw new InputError(`train: ${flagCase(described)} is for new networks; ${path} says all of its network`);
  const precision = given(['precision']).length > 0 ? flags.precision : undefined;
  return readNetwork(path, { ...preprocessingOf(flags), precision });
}

interface Tested {
  readonly accuracy: number;
  readonly loss: number;
  readonly calibrationError: number;
  readonly classAccuracies: readonly (number | null)[];
}

function describe({ outcome, test, cost, config }: TrainOutcome, out: string): string[] {
  const { wallSeconds, gpuSeconds, flops, money, joules } = cost as Record<string, number | null>;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const tested = test as Tested | null;
  return [
    `${outcome}: ${'onnx' in config.model ? config.model.onnx : labelNetwork(config.model)}, learning rate ${config.learningRate}`,
    ...(tested === null
      ? []
      : [
          `test accuracy ${percent(tested.accuracy)}, loss ${tested.loss.toPrecision(4)}, calibration error ${percent(tested.calibrationError)}`,
          `by class ${tested.classAccuracies.map((share) => (share === null ? '-' : percent(share))).join(', ')}`,
        ]),
    `${wallSeconds?.toFixed(1)} s of training${gpuSeconds === null ? '' : `, ${gpuSeconds.toFixed(1)} s of the GPU`}, ${(Number(flops) / 1e12).toFixed(3)} TFLOP`,
    ...(money === null ? [] : [`cost ${money.toPrecision(3)}`]),
    ...(joules === null ? [] : [`energy ${(joules / 3600).toPrecision(3)} Wh`]),
    `Folder: ${out}`,
  ];
}
