import type { Command } from 'commander';
import { plain } from '../base/notation.ts';
import { DEFAULT_PRECISION, type ModelSummary, type PassSummary, summarise } from '../models/index.ts';
import { measuredModel } from './flags/measuredModel.ts';
import { MODEL_OR_FILE, type ModelFlags, modelSize, withModelFlags } from './flags/modelFlags.ts';
import { type PassFlags, type Recompute, recomputeOption, withPassFlags } from './flags/passFlags.ts';
import type { Surroundings } from './program/surroundings.ts';
import { describeBatches, mebibytes, planned } from './terminal/planned.ts';
import { type Line, Table } from './terminal/table.ts';
import { print, printLines } from './terminal/terminal.ts';

interface SummaryFlags extends ModelFlags, PassFlags {
  readonly classes: number;
  readonly recompute: Recompute;
  readonly json?: true;
}

/** `outlast summary MODEL` and `outlast summary FILE.onnx`. Opens no device. */
export function addSummaryCommand(command: Command, { terminal }: Surroundings): void {
  command.argument('<model>', MODEL_OR_FILE);
  withPassFlags(withModelFlags(command), { size: 224, channels: 3 })
    .option('--classes <count>', 'classes', modelSize, 1000)
    .addOption(recomputeOption())
    .option('--json', 'print it as JSON')
    .action(async (name: string, flags: SummaryFlags) => {
      const { classes, batch, recompute, json } = flags;
      const { model, image, inPrecision } = await measuredModel(name, flags, command, classes);
      const pass = { image, batch, recompute };
      const summary = planned('summary', pass, () => summarise(model, pass, undefined, inPrecision(DEFAULT_PRECISION)));
      if (json) print(terminal, JSON.stringify(summary, null, 2));
      else printLines(terminal, describe(summary));
    });
}

const { count } = plain;

function describe({ model, image, batch, layers, parameters, statistics, precisions }: ModelSummary): Line[] {
  const passes = Object.entries(precisions).flatMap(([precision, { inference, training }]) => [
    { title: `${precision}, inference`, pass: inference },
    { title: `${precision}, training`, pass: training },
  ]);
  const row = (name: string, figure: (pass: PassSummary) => string) => [
    name,
    ...passes.map(({ pass }) => figure(pass)),
  ];
  const memory = (name: string, part: keyof PassSummary['memory']) =>
    row(name, ({ memory: { [part]: bytes } }) => (bytes === null ? plain.none : mebibytes(bytes)));
  return [
    `${model}, ${describeBatches({ batch, image })}`,
    '',
    new Table([
      ['layer', 'op', 'output', 'parameters', 'MFLOP/image'],
      ...layers.map(({ name, op, shape, parameters: own, flops }) => [
        name,
        op,
        `[${shape.join(', ')}]`,
        own === 0 ? '' : count(own),
        (flops / 1e6).toFixed(3),
      ]),
    ]),
    '',
    `${count(parameters)} parameters, ${count(statistics)} running statistics`,
    '',
    new Table([
      ['', ...passes.map(({ title }) => title)],
      memory('parameters', 'parameters'),
      memory('optimiser (momentum)', 'optimiser'),
      memory('running statistics', 'statistics'),
      memory('images and labels', 'batch'),
      memory('activations, gradients, scratch', 'working'),
      memory('of these remembered for the backward pass', 'remembered'),
      memory('planned memory', 'total'),
      memory('largest buffer', 'largestBuffer'),
      row('GFLOP an image', (pass) => (pass.flopsPerImage / 1e9).toFixed(3)),
      row('kernel launches', (pass) => String(pass.kernels)),
    ]),
  ];
}
