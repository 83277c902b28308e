import type { TrialMachine } from '../../analysis/study/index.ts';
import type { Device, RecallTuning } from '../../engine/index.ts';
import type { TuneAllOptions } from '../../engine/measure/tune.node.ts';
import type { DataDir } from '../../models/data/load.node.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** What the commands need from outside. */
export interface Surroundings {
  readonly terminal: Terminal;
  /** The script of this program, to start more processes of it. Without it, studies compute in the process that runs them. */
  readonly script?: string;
  /** Address of the file that this program starts from; the one that asks where the program is a single file. */
  readonly entry?: string;
  openDevice(recallTuning?: RecallTuning): Promise<Device>;
  /** How long a Redis that was lost may take to come back: tests wait for less. */
  readonly queuePatienceSeconds?: number;
  /** How long a process that computes trials may not answer: tests wait for less. */
  readonly workerSilenceSeconds?: number;
  /** Where choices of kernels are kept, and the clock they are made by: tests give their own. */
  readonly tuning?: Pick<TuneAllOptions, 'folder' | 'stopwatch'>;
  /** Opens what trials are computed on: this device, or one of its own choice. */
  openMachine(dataDir?: DataDir, openDevice?: () => Promise<Device>): Promise<TrialMachine>;
}
