import type { Command } from 'commander';
import { tuningProblems } from '../engine/choices.ts';
import type { Device } from '../engine/device.ts';
import { recallTuning, tuneAll } from '../engine/platform/tune.node.ts';
import type { Tuned } from '../engine/tune.ts';
import { planPasses } from '../models/plans.ts';
import { resnet } from '../models/resnet.ts';
import { depthOf, type ModelFlags, wholeNumber, withModelFlags } from './modelFlags.ts';
import type { Surroundings } from './surroundings.ts';
import { print } from './terminal.ts';

interface TuneFlags extends ModelFlags {
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly fresh?: true;
  readonly json?: true;
}

const cacheOf = ({ terminal: { stderr }, tuning }: Surroundings) => ({
  ...tuning,
  warn: (line: string) => stderr.write(`outlast: ${line}\n`),
});

/**
 * The surroundings with devices that follow what `outlast tune` found on this machine; `--no-tune`, an option of every command, opens them
 * with the default kernels.
 */
export function followTuning(program: Command, around: Surroundings): Surroundings {
  program
    .option('--no-tune', 'use the default kernels, not those that `outlast tune` found to be quickest here')
    .configureHelp({ showGlobalOptions: true });
  const openDevice = async (): Promise<Device> => {
    const device = await around.openDevice();
    if (program.opts<{ tune: boolean }>().tune) device.tuning = await recallTuning(device, cacheOf(around));
    return device;
  };
  return { ...around, openDevice, openMachine: (dataDir) => around.openMachine(dataDir, openDevice) };
}

/** `outlast tune MODEL`. */
export function addTuneCommand(program: Command, around: Surroundings): void {
  const command = program
    .command('tune')
    .description(
      'Time the variants of each kernel that a model needs, for training and inference, and remember the quickest for all other commands.',
    )
    .argument('[model]', 'resnet18, resnet34, resnet50, resnet101 or resnet152', 'resnet18');
  withModelFlags(command, { width: 64, stem: 'cifar' })
    .option('--batch <images>', 'images of a batch', wholeNumber, 32)
    .option('--size <pixels>', 'height and width of an image', wholeNumber, 28)
    .option('--channels <count>', 'channels of an image', wholeNumber, 1)
    .option('--fresh', 'measure again what was measured before')
    .option('--json', 'print the figures as JSON')
    .action((name: string, flags: TuneFlags) => tuneCommand(name, flags, around));
}

async function tuneCommand(name: string, flags: TuneFlags, around: Surroundings): Promise<void> {
  const { width, stem, precision, batch, size, channels, fresh, json } = flags;
  const { terminal } = around;
  const model = resnet({ depth: depthOf(name, 'tune'), width, stem, precision, inChannels: channels, classes: 10 });
  const device = await around.openDevice();
  try {
    const { capabilities, adapter } = device;
    const { training, inference } = planPasses(model, { batch, image: [channels, size, size] }, capabilities);
    const steps = [...training.steps, ...inference.steps];
    const problems = tuningProblems(steps, capabilities);
    if (!json) print(terminal, `${problems.length} kernels of ${model.name} to choose on ${adapter.name}`);
    const tuned = await tuneAll(device, problems, {
      ...cacheOf(around),
      fresh,
      onTuned: (each) => {
        if (!json) print(terminal, describe(each));
      },
    });
    if (json) print(terminal, JSON.stringify({ adapter, model: model.name, batch, kernels: tuned }, null, 2));
  } finally {
    device.destroy();
  }
}

/** The chosen variant, what it gains, and then the others. */
function describe({ key, variant, milliseconds, settled }: Tuned): string {
  const [standard] = Object.keys(milliseconds);
  const gain = milliseconds[standard] / milliseconds[variant];
  const kept = settled ? 'default' : 'default, because timings do not agree: is the machine busy?';
  const chosen = variant === standard ? kept : `${gain.toFixed(2)} times as quick as the default`;
  const others = Object.entries(milliseconds).filter(([each]) => each !== variant);
  const time = ([each, value]: [string, number]) =>
    `${each} ${value.toFixed(3)}${each === standard ? ' (default)' : ''}`;
  return `${key}: ${variant} ${milliseconds[variant].toFixed(3)} ms, ${chosen}; ${others.map(time).join(', ')}`;
}
