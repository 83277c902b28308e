import type { FinishedTrial, Trial } from '../trial/trial.ts';

/** What is kept of a trial that failed, `trials/<id>.error.json`. */
export interface FailedTrial {
  readonly id: string;
  readonly trial: Trial;
  /** One line. */
  readonly message: string;
  readonly stack: string | null;
  readonly failedAt: string;
}

/** A folder that a trial writes into while it is computed. It becomes the trial's own folder only when all is there. */
export interface TrialDraft {
  readonly folder: string;
  /** Adds the record of the trial and makes the folder final, in one step. */
  commit(finished: FinishedTrial): Promise<void>;
  /** Removes everything that was written. */
  discard(): Promise<void>;
}

/** A process that works in a run's folder, on this machine or another that shares the folder. */
export interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When it started, in a unit of its machine's: tells it from a later process of the same number. */
  readonly start: string;
}

/** A trial that this process alone works on. */
export interface Claim {
  release(): void;
}

/** What a trial took that a run computed, a line of `timings.jsonl`. */
export interface Timing {
  readonly id: string;
  /** Wall seconds of the training or attack, with all that it loads and compiles. */
  readonly seconds: number;
  /** Wall seconds that the run itself took for the trial: claiming, checking, keeping. */
  readonly runnerSeconds: number;
}

/** The trials of a run as they are kept, for reading. */
export interface RunRecords {
  /**
   * The trial if it is finished, else null.
   * @throws InputError what is kept under this id is damaged or describes another trial
   */
  read(id: string, trial: Trial): Promise<FinishedTrial | null>;
  /** How many of the trials that were read an earlier version kept without a digest: changes to them are not noticed. */
  unsealed(): number;
  /** How the trial failed when it was last tried, or null. */
  readFailure(id: string): Promise<FailedTrial | null>;
  /** Timings of all trials that any process computed, in no order. */
  timings(): Promise<Timing[]>;
  /** The trials that living processes work on. */
  claims(): ReadonlyMap<string, Owner>;
}

/**
 * Where the trials of a run are kept. Whatever moment a process is killed at, a trial is there whole or not at all; of several
 * processes that share the folder, one at most works on a trial.
 */
export interface RunStore extends RunRecords {
  /** The folder of a finished trial. */
  folderOf(id: string): string;
  /** Checks the files of a finished trial. @throws InputError one was changed since */
  verify(id: string): Promise<void>;
  /** Keeps the trial to this process; null when another one works on it. */
  claim(id: string): Claim | null;
  begin(id: string): Promise<TrialDraft>;
  recordFailure(failed: FailedTrial): Promise<void>;
  recordTiming(timing: Timing): Promise<void>;
}
