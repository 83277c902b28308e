import { type Command, Option } from 'commander';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import { chromeTrace, type Device, type Plan, type Profile } from '../engine/index.ts';
import { rooflineOf } from '../engine/measure/roofline.node.ts';
import { type PlannedPass, planInference, plannedBytes, planTraining, profileModel } from '../models/index.ts';
import { type MeasuredModel, measuredModel } from './flags/measuredModel.ts';
import { MODEL_OR_FILE, type ModelFlags, withModelFlags } from './flags/modelFlags.ts';
import { outputFile } from './flags/outputPath.ts';
import { type PassFlags, type Recompute, recomputeOption, withPassFlags } from './flags/passFlags.ts';
import { availableMemory } from './machine/availableMemory.ts';
import type { Surroundings } from './program/surroundings.ts';
import { describeBatches, mebibytes, planned, SMALLER } from './terminal/planned.ts';
import { Table } from './terminal/table.ts';
import { print, printLines, type Terminal } from './terminal/terminal.ts';

interface ProfileFlags extends ModelFlags, PassFlags {
  readonly step: 'train' | 'infer';
  readonly recompute: Recompute;
  readonly json?: string | true;
  readonly trace?: string;
  readonly fresh?: true;
}

/** `outlast profile MODEL` and `outlast profile FILE.onnx`. */
export function addProfileCommand(command: Command, around: Surroundings): void {
  command.argument('<model>', MODEL_OR_FILE);
  withPassFlags(withModelFlags(command), { size: 28, channels: 1 })
    .addOption(new Option('--step <step>', 'what to run').choices(['train', 'infer']).default('train'))
    .addOption(recomputeOption())
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .option('--trace <file>', 'write a trace for Perfetto (Chrome trace events)', outputFile)
    .option('--fresh', 'measure the roofline again')
    .action(async (name: string, flags: ProfileFlags) =>
      profileCommand(await measuredModel(name, flags, command, 10), flags, around),
    );
}

async function profileCommand(
  { model, image, title }: MeasuredModel,
  flags: ProfileFlags,
  { terminal, openDevice }: Surroundings,
): Promise<void> {
  const { batch, step, recompute, json, trace, fresh } = flags;
  const device = await openDevice();
  try {
    const pass = { batch, image, recompute };
    checkMemory(device, pass, () =>
      (step === 'train' ? planTraining : planInference)(model, pass, device.capabilities),
    );
    const roofline = await rooflineOf(device, { fresh, warn: (line) => terminal.stderr.write(`outlast: ${line}\n`) });
    const result = await profileModel(device, model, { ...pass, step }, roofline);
    if (trace !== undefined) await writeFileAtomic(trace, JSON.stringify(chromeTrace(result)));
    const figures = JSON.stringify(
      { adapter: device.adapter, model: model.name, batch, step, recompute, ...withoutTimeline(result) },
      null,
      2,
    );
    if (json === true) print(terminal, figures);
    else {
      if (json !== undefined) await writeFileAtomic(json, `${figures}\n`);
      printTable(terminal, `${title}, batch ${batch}, ${step}, on ${device.adapter.name}`, result, batch);
    }
  } finally {
    device.destroy();
  }
}

/** Refuses a pass that needs more memory than is free, before anything is allocated or measured. @throws InputError */
function checkMemory(device: Device, pass: PlannedPass, plan: () => Plan): void {
  const needed = plannedBytes(planned('profile', pass, plan));
  const free = availableMemory(device);
  if (needed > free)
    throw new InputError(
      `profile: ${describeBatches(pass)} need about ${mebibytes(needed)} of memory, but ${mebibytes(free)} are free; ${SMALLER}`,
    );
}

function withoutTimeline({ timeline: _, ...figures }: Profile): Omit<Profile, 'timeline'> {
  return figures;
}

function printTable(terminal: Terminal, title: string, result: Profile, batch: number): void {
  const { kernels, roofline, milliseconds, encodeMilliseconds, coldMilliseconds } = result;
  const lines = [
    title,
    [
      `${milliseconds.toFixed(1)} ms a run (${((1000 * batch) / milliseconds).toFixed(0)} images/s)`,
      `encoding ${encodeMilliseconds.toFixed(1)} ms`,
      `first run ${(coldMilliseconds / 1000).toFixed(2)} s longer`,
    ].join(', '),
    [
      `${result.pipelines} pipelines`,
      `${result.dispatches} dispatches`,
      `${result.submits} submit`,
      mebibytes(result.peakBytes),
      `${(result.flops / 1e9).toFixed(2)} GFLOP`,
    ].join(', '),
    `roofline: ${roofline.gflops.toFixed(0)} GFLOP/s, ${roofline.gbs.toFixed(1)} GB/s; times by ${result.clock}`,
    '',
    new Table([
      ['kernel', 'calls', 'ms', 'GFLOP/s', 'GB/s', 'roofline'],
      ...kernels.map(({ name, calls, milliseconds: time, gflops, gbs, roofline: share }) => [
        name,
        String(calls),
        time.toFixed(2),
        gflops.toFixed(1),
        gbs.toFixed(1),
        `${(100 * share).toFixed(0)} %`,
      ]),
    ]),
  ];
  printLines(terminal, lines);
}
