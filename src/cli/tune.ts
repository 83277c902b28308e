import { join } from 'node:path';
import type { Command } from 'commander';
import { cacheFolder } from '../base/folders.node.ts';
import { DeviceError, type Tuned, tuningProblems } from '../engine/index.ts';
import { type CheckedKernel, checkKernels, tuneAll } from '../engine/measure/tune.node.ts';
import { planPasses } from '../models/index.ts';
import { type MeasuredModel, measuredModel } from './flags/measuredModel.ts';
import { MODEL_OR_FILE, type ModelFlags, withModelFlags } from './flags/modelFlags.ts';
import { type PassFlags, withPassFlags } from './flags/passFlags.ts';
import { tuningCache } from './program/followTuning.ts';
import type { Surroundings } from './program/surroundings.ts';
import { planned } from './terminal/planned.ts';
import { print, printLines } from './terminal/terminal.ts';

interface TuneFlags extends ModelFlags, PassFlags {
  readonly fresh?: true;
  readonly check: boolean;
  readonly json?: true;
}

/** `outlast tune MODEL` and `outlast tune FILE.onnx`. */
export function addTuneCommand(command: Command, around: Surroundings): void {
  command.argument('[model]', MODEL_OR_FILE, 'resnet18');
  withPassFlags(withModelFlags(command), { size: 28, channels: 1 })
    .option('--fresh', 'measure again what was measured before')
    .option('--no-check', 'do not first compare what every kernel gives with what those of f32x2 give')
    .option('--json', 'print the figures as JSON')
    .action(async (name: string, flags: TuneFlags) =>
      tuneCommand(await measuredModel(name, flags, command, 10), flags, around),
    );
}

async function tuneCommand({ model, image }: MeasuredModel, flags: TuneFlags, around: Surroundings): Promise<void> {
  const { batch, fresh, json, check } = flags;
  const { terminal } = around;
  const device = await around.openDevice();
  try {
    const { capabilities, adapter } = device;
    const pass = { batch, image };
    const { training, inference } = planned('tune', pass, () => planPasses(model, pass, capabilities));
    const steps = [...training.steps, ...inference.steps];
    const checked = check ? countChecked(await checkKernels(device, steps), adapter.name) : null;
    if (!json && checked !== null) printLines(terminal, [describeChecked(checked)]);
    const problems = tuningProblems(steps, capabilities);
    if (!json) print(terminal, `${problems.length} kernels of ${model.name} to choose on ${adapter.name}`);
    const tuned = await tuneAll(device, problems, {
      ...tuningCache(around),
      fresh,
      onTuned: (each) => {
        if (!json) printLines(terminal, [describe(each)]);
      },
    });
    if (json) print(terminal, JSON.stringify({ adapter, model: model.name, batch, checked, kernels: tuned }, null, 2));
    else printLines(terminal, [summarise(tuned, around.tuning?.folder ?? cacheFolder())]);
  } finally {
    device.destroy();
  }
}

type Checked = Record<CheckedKernel['compared'], number>;

/** How many kernels were compared in which way. @throws DeviceError one of them is wrong */
function countChecked(checked: readonly CheckedKernel[], adapter: string): Checked {
  const [wrong, ...others] = checked.filter(({ mistake }) => mistake !== null);
  if (wrong !== undefined)
    throw new DeviceError(
      `${adapter} computes ${others.length + 1} of ${checked.length} kernels wrong; the first is ${wrong.key}` +
        `${wrong.variant === null ? '' : `, ${wrong.variant}`}: ${wrong.mistake}; trust no figure of this driver`,
    );
  const count = (how: CheckedKernel['compared']) => checked.filter(({ compared }) => compared === how).length;
  return { exactly: count('exactly'), closely: count('closely'), not: count('not') };
}

const describeChecked = ({ exactly, closely, not }: Checked): string =>
  `Checked: ${exactly} kernels to the last bit, ${closely} up to rounding${not === 0 ? '' : `, ${not} not`}`;

/** How many times as quick as the default the chosen variant is. */
const gainOf = ({ variant, milliseconds }: Tuned): number => {
  const [standard] = Object.values(milliseconds);
  return standard / milliseconds[variant];
};

/** What tuning found, and where the choices are kept, in one line. */
function summarise(tuned: readonly Tuned[], folder: string): string {
  const quicker = tuned.filter(({ variant, milliseconds }) => variant !== Object.keys(milliseconds)[0]);
  const undecided = tuned.filter(({ settled }) => !settled).length;
  const best = Math.max(...quicker.map(gainOf));
  const found =
    quicker.length === 0
      ? `none of ${tuned.length} kernels has a variant that is clearly quicker than its default`
      : `${quicker.length} of ${tuned.length} kernels have a variant that is clearly quicker than the default, ` +
        `by up to ${best.toFixed(2)} times`;
  const open = undecided === 0 ? '' : `; ${undecided} did not settle and will be measured again`;
  return `Tuned: ${found}${open}. All commands follow this, from ${join(folder, 'tuning.json')}; --no-tune takes the defaults.`;
}

/** The chosen variant, what it gains, and then the others. */
function describe(tuned: Tuned): string {
  const { key, variant, milliseconds, settled } = tuned;
  const [standard] = Object.keys(milliseconds);
  const kept = settled ? 'default' : 'default, because timings do not agree: is the machine busy?';
  const chosen = variant === standard ? kept : `${gainOf(tuned).toFixed(2)} times as quick as the default`;
  const others = Object.entries(milliseconds).filter(([each]) => each !== variant);
  const time = ([each, value]: [string, number]) =>
    `${each} ${value.toFixed(3)}${each === standard ? ' (default)' : ''}`;
  return `${key}: ${variant} ${milliseconds[variant].toFixed(3)} ms, ${chosen}; ${others.map(time).join(', ')}`;
}
