import { machineNow } from '../../../bench/machine.node.ts';
import { type Soak, soak } from '../../../bench/soak/soak.node.ts';
import { describeSurroundings } from '../../../bench/table.ts';
import { InputError } from '../../base/errors.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { plain } from '../../base/notation.ts';
import type { Surroundings } from '../program/surroundings.ts';
import { Table } from '../terminal/table.ts';
import { print, printLines } from '../terminal/terminal.ts';

const { count, fixed } = plain;

export interface SoakFlags {
  readonly json?: string | true;
  readonly minutes?: number;
  readonly rounds?: number;
  readonly mostGrowth: number;
}

export const DEFAULT_MINUTES = 120;

/** Resident memory of the last tenth, over that of the first, from which on a soak fails. */
export const DEFAULT_MOST_GROWTH = 1.05;

/** Seconds between lines of progress. */
const SECONDS_BETWEEN_LINES = 60;

/** `outlast bench soak`. @throws Error memory has grown by more than was allowed: the figures are shown first */
export async function soakCommand(
  { json, minutes, rounds, mostGrowth }: SoakFlags,
  around: Surroundings,
): Promise<void> {
  if (minutes !== undefined && rounds !== undefined)
    throw new InputError('bench soak: --minutes and --rounds both say how long; give one');
  if (mostGrowth <= 0) throw new InputError(`bench soak: --most-growth is ${mostGrowth}; it must be above 0`);
  const { terminal } = around;
  const device = await around.openDevice();
  const surroundings = { adapter: device.adapter, kernels: device.profile.tuning?.identity, machine: machineNow() };
  let said = 0;
  try {
    const length = rounds === undefined ? { minutes: minutes ?? DEFAULT_MINUTES } : { rounds };
    const result = await soak(device, length, (done, { seconds, residentBytes }) => {
      if (seconds < said + SECONDS_BETWEEN_LINES) return;
      said = seconds;
      terminal.stderr.write(
        `outlast: ${fixed(seconds / 60, 0)} min, ${count(done)} rounds, ${megabytes(residentBytes)} MB resident\n`,
      );
    });
    const figures = JSON.stringify({ ...surroundings, ...result }, null, 2);
    if (json === true) print(terminal, figures);
    else {
      if (json !== undefined) await writeFileAtomic(json, `${figures}\n`);
      printLines(terminal, [...describeSurroundings(surroundings), ...soakTable(result)]);
    }
    if (result.growth > mostGrowth)
      throw new Error(
        `bench soak: resident memory grew to ${fixed(result.growth, 3)} times that of the first tenth; ` +
          `at most ${mostGrowth} was allowed`,
      );
  } finally {
    device.destroy();
  }
}

const megabytes = (bytes: number): string => fixed(bytes / 1e6, 1);

function soakTable({
  minutes,
  rounds,
  trainings,
  attacks,
  fits,
  executables,
  growth,
  tenths,
}: Soak): (string | Table)[] {
  const did = Object.entries({ trainings, attacks, fits, executables }).map(
    ([name, times]) => `${count(times)} ${name}`,
  );
  return [
    `${fixed(minutes, 1)} min, ${count(rounds)} rounds: ${did.join(', ')}`,
    new Table([
      ['tenth', 'rounds', 'rounds/min', 'CPU s/round', 'resident MB', 'heap MB', 'device MB', 'handles', 'files'],
      ...tenths.map((tenth, i) => [
        String(i + 1),
        count(tenth.rounds),
        fixed(tenth.roundsPerMinute, 1),
        fixed(tenth.processorSecondsPerRound, 2),
        megabytes(tenth.residentBytes),
        megabytes(tenth.heapBytes),
        megabytes(tenth.deviceBytes),
        fixed(tenth.handles, 1),
        tenth.files === null ? '' : fixed(tenth.files, 1),
      ]),
    ]),
    `resident memory, last tenth over first: ${fixed(growth, 4)}`,
  ];
}
