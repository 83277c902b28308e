import type { Command } from 'commander';
import type { Device } from '../../engine/index.ts';
import type { Surroundings } from './surroundings.ts';

/** Where choices of kernels are kept, and what tells of trouble with them. */
export const tuningCache = ({ terminal: { stderr }, tuning }: Surroundings) => ({
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
  const openDevice = (): Promise<Device> =>
    around.openDevice(async (profile) => {
      if (!program.opts<{ tune: boolean }>().tune) return null;
      const { recallTuning } = await import('../../engine/measure/tune.node.ts');
      return recallTuning(profile, tuningCache(around));
    });
  return { ...around, openDevice, openMachine: (dataDir) => around.openMachine(dataDir, openDevice) };
}
