import type { Command } from 'commander';
import { DeviceError, type Diagnosis, diagnose } from '../engine/index.ts';
import { mapValues } from '../models/index.ts';
import type { Surroundings } from './program/surroundings.ts';
import { print, printLines } from './terminal/terminal.ts';

/** `outlast doctor`. */
export function addDoctorCommand(command: Command, around: Surroundings): void {
  command
    .option('--json', 'print it as JSON')
    .action(({ json }: { json?: boolean }) => doctorCommand(json === true, around));
}

async function doctorCommand(json: boolean, { terminal, openDevice }: Surroundings): Promise<void> {
  const device = await openDevice().catch((error: unknown) => {
    // The message says what to install.
    if (json && error instanceof DeviceError)
      print(terminal, JSON.stringify({ adapter: null, advice: error.message }, null, 2));
    throw error;
  });
  try {
    const diagnosis = await diagnose(device);
    if (json) print(terminal, JSON.stringify(diagnosis, null, 2));
    else printLines(terminal, [...describe(diagnosis), '', summarise(diagnosis, device.profile.tuning !== null)]);
  } finally {
    device.destroy();
  }
}

/** Whether outlast runs here, how, and what would help. */
export function summarise({ adapter, precisions }: Diagnosis, tuned: boolean): string {
  const formats = Object.entries(precisions);
  const names = (usable: boolean) => formats.filter(([, how]) => (how !== null) === usable).map(([name]) => name);
  const refused = names(false).length === 0 ? '' : `, refused ${names(false).join(', ')}`;
  const where = adapter.software
    ? `on the processor (${adapter.name}): a GPU would be many times as quick`
    : `on ${adapter.name}`;
  const kernels = tuned
    ? 'Kernels are those that `outlast tune` found.'
    : 'Kernels are the defaults: `outlast tune` finds quicker ones.';
  return `outlast runs here, ${where}. Number formats ${names(true).join(', ')}${refused}. ${kernels}`;
}

function describe({ adapter, features, limits, probes, precisions, kernels }: Diagnosis): string[] {
  const facts = (record: object) => Object.entries(record).map(([name, value]) => `  ${name.padEnd(36)} ${value}`);
  return [
    'Adapter',
    ...facts(adapter),
    'Measured',
    ...facts(probes),
    'Number formats',
    ...facts(mapValues(precisions, (how) => how ?? 'not as it should be: refused')),
    `Kernels: ${kernels}`,
    `Features: ${features.join(', ')}`,
    'Limits',
    ...facts(limits),
  ];
}
