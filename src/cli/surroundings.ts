import type { TrialMachine } from '../analysis/study/run.ts';
import type { Device } from '../engine/device.ts';
import type { Terminal } from './terminal.ts';

/** What the commands need from outside. */
export interface Surroundings {
  readonly terminal: Terminal;
  openDevice(): Promise<Device>;
  /** Opens what trials are computed on. */
  openMachine(dataDir?: string): Promise<TrialMachine>;
}
