import type { FinishedTrial, Trial } from './trial.ts';

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

/** Where the trials of a run are kept. Whatever moment the process is killed at, a trial is there whole or not at all. */
export interface RunStore {
  /** The folder of a finished trial. */
  folderOf(id: string): string;
  /**
   * The trial if it is finished, else null.
   * @throws InputError what is kept under this id is damaged or describes another trial
   */
  read(id: string, trial: Trial): Promise<FinishedTrial | null>;
  begin(id: string): Promise<TrialDraft>;
  recordFailure(failed: FailedTrial): Promise<void>;
}
