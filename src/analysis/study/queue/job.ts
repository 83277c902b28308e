import type { Trial } from '../trial/trial.ts';

/** A trial in the queue. */
export interface TrialJob {
  readonly id: string;
  readonly trial: Trial;
  /** Identity of the training that an attack starts from; null of a training. */
  readonly trainId: string | null;
  /** One line for people. */
  readonly label: string;
  /** Why the latest attempt failed. */
  readonly failure?: JobFailure;
}

export interface JobFailure {
  /** One line. */
  readonly message: string;
  readonly stack: string | null;
  /** The worker found a mistake in what it was given, a damaged data file, say. */
  readonly input: boolean;
  /** The worker that failed. */
  readonly worker: string;
}

/** The files of a folder as they lie in Redis: binary values of one hash. */
export interface Artefact {
  readonly key: string;
  readonly files: readonly ArtefactFile[];
}

export interface ArtefactFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What comes back of a trial: its folder, with `trial.json`. */
export interface TrialOutcome {
  readonly artefact: Artefact;
  /** Wall seconds of the trial on the worker. */
  readonly seconds: number;
  readonly worker: string;
}

/** The start of all names in Redis. */
export const PREFIX = 'outlast';

/** Workers take the trials of their own version of the program only, because another may compute another result. */
export const queueName = (version: string): string => `trials-${version}`;

/** The name of a trial's job: there is one at most, whoever adds it. */
export const jobName = (id: string): string => `trial-${id}`;

/** The versions whose producers are at work, by when they were last heard of (seconds, Redis's clock). */
export const PRODUCERS_KEY = `${PREFIX}:producers`;

/** Where the artefact of a training lies that attacks start from. */
export const trainingKey = (version: string, id: string): string => `${PREFIX}:training:${version}:${id}`;

/** The runs that wait for a trial: it stays in Redis until the last has it. */
export const wantedKey = (version: string, id: string): string => `${PREFIX}:wanted:${version}:${id}`;
