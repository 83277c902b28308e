import { machineNow } from '../../../bench/machine.node.ts';
import type { BenchResult, Row } from '../../../bench/result.ts';
import { describeSurroundings, suiteTable } from '../../../bench/table.ts';
import type { Workload } from '../../../bench/workload.ts';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import type { Device } from '../../engine/index.ts';
import { rooflineOf } from '../../engine/measure/roofline.node.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { print, printLines } from '../terminal/terminal.ts';

/* What all suites of `outlast bench` share: flags, the choice of workloads, timing on this process's device, the table. */

export interface SuiteFlags {
  readonly json?: string | true;
  readonly rounds: number;
  readonly workloads?: readonly string[];
  readonly fresh?: true;
}

export interface PeersFlags extends SuiteFlags {
  readonly against?: readonly string[];
}

export interface AttacksFlags extends PeersFlags {
  readonly python: string;
}

export interface TrainingFlags extends SuiteFlags {
  readonly curves?: readonly string[];
  readonly dataDir?: string;
}

/** Milliseconds of one timing: short, so that a round is over before the machine's speed changes. */
const SLICE = 250;

/** The workloads whose names were given. @throws InputError for a name that is none */
export function choose(workloads: readonly Workload[], names: readonly string[] | undefined): readonly Workload[] {
  if (names === undefined) return workloads;
  const known = workloads.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InputError(`bench: "${unknown}" is no workload; there are ${known.join(', ')}`);
  return workloads.filter(({ name }) => names.includes(name));
}

export const warner =
  ({ terminal: { stderr } }: Surroundings) =>
  (line: string): void => {
    stderr.write(`outlast: ${line}\n`);
  };

export const roofline = (device: Device, { fresh }: SuiteFlags, around: Surroundings) =>
  rooflineOf(device, { fresh, warn: warner(around) });

/** Times on this process's device, and prints a table or JSON. */
export async function measureAndShow(
  workloads: readonly Workload[],
  flags: SuiteFlags,
  around: Surroundings,
  measure: (device: Device, rounds: { rounds: number; slice: number }) => Promise<Row[]>,
): Promise<void> {
  const device = await around.openDevice();
  try {
    const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
    const rows = await measure(device, { rounds: flags.rounds, slice: SLICE });
    const descriptions = new Map(workloads.map(({ name, description }) => [name, description]));
    const table = [...describeSurroundings(surroundings), ...suiteTable(rows, descriptions)];
    await show({ ...surroundings, rows, ratios: [] }, table, flags, around);
  } finally {
    device.destroy();
  }
}

/** Writes the figures where they were asked for, and prints a table unless they are printed themselves. */
export async function show(
  result: BenchResult,
  table: readonly string[],
  { json }: SuiteFlags,
  { terminal }: Surroundings,
): Promise<void> {
  const figures = JSON.stringify(result, null, 2);
  if (json === true) return print(terminal, figures);
  if (json !== undefined) await writeFileAtomic(json, `${figures}\n`);
  printLines(terminal, table);
}
