import type { Command } from 'commander';
import { type FidelityResult, fidelityResult } from '../../bench/fidelity/result.ts';
import {
  chooseMeasurements,
  choosePrecisions,
  fidelityHeader,
  fidelityLine,
  type GrowingRow,
  measureFidelity,
  measureNetworks,
  networkHeader,
  networkLine,
} from '../../bench/fidelity/suite.ts';
import { InputError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.node.ts';
import { loadDataset } from '../models/data/load.node.ts';
import { PRECISIONS } from '../models/index.ts';
import { wholeNumber } from './flags/modelFlags.ts';
import { outputFile } from './flags/outputPath.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print, printLines } from './terminal/terminal.ts';

interface FidelityFlags {
  readonly json?: string | true;
  readonly cases: number;
  readonly ops?: readonly string[];
  readonly dtypes?: readonly string[];
  readonly networks?: readonly string[];
}

const DEFAULT_CASES = 65_536;

const list = (text: string): string[] => text.split(',').map((name) => name.trim());

/** `outlast fidelity`. */
export function addFidelityCommand(command: Command, around: Surroundings): void {
  command
    .option('--json [file]', 'print the figures as JSON, or write them to a file', outputFile)
    .option(
      '--cases <count>',
      'results of each op and format; of ops made of many operations a sixteenth of them',
      wholeNumber,
      DEFAULT_CASES,
    )
    .option('--ops <names>', 'only these, separated by commas', list)
    .option('--dtypes <names>', 'only operands of these number formats, separated by commas', list)
    .option(
      '--networks <precisions>',
      'measure no ops, but whole networks in these precisions, separated by commas',
      list,
    )
    .action((flags: FidelityFlags) => fidelityCommand(flags, around));
}

async function fidelityCommand(flags: FidelityFlags, { terminal, openDevice }: Surroundings): Promise<void> {
  const { json, cases } = flags;
  const onlyOps = flags.ops !== undefined || flags.dtypes !== undefined;
  if (onlyOps && flags.networks !== undefined)
    throw new InputError('fidelity: --networks measures no ops; leave out --ops and --dtypes');
  const precisions = choosePrecisions(flags.networks ?? (onlyOps ? [] : PRECISIONS));
  const chosen = flags.networks === undefined ? chooseMeasurements(flags) : [];
  const device = await openDevice();
  try {
    const { adapter } = device;
    const { columns = Number.POSITIVE_INFINITY } = terminal.stdout;
    // Rows are printed as they come; where they do not fit, their figures stand below their names.
    const show = ({ names, figures }: GrowingRow) => {
      if (json === true) return;
      printLines(terminal, names.length + figures.length <= columns ? [names + figures] : [names.trimEnd(), figures]);
    };
    if (json !== true) printLines(terminal, [`${adapter.name}, driver ${adapter.driver}`]);
    if (chosen.length > 0) show(fidelityHeader);
    const rows = await measureFidelity(device, chosen, cases, (row) => show(fidelityLine(row)));
    if (precisions.length > 0) show(networkHeader);
    const networks =
      precisions.length === 0
        ? []
        : await measureNetworks(device, await loadDataset({ name: 'mnist' }), precisions, (row) =>
            show(networkLine(row)),
          );
    const result: FidelityResult = fidelityResult.parse({ adapter, rows, networks });
    const figures = JSON.stringify(result, null, 2);
    if (json === true) print(terminal, figures);
    else if (json !== undefined) await writeFileAtomic(json, `${figures}\n`);
  } finally {
    device.destroy();
  }
}
