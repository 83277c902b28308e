import type { AdapterDescription } from '../../engine/device.ts';
import { InputError } from '../../engine/errors.ts';
import { expand } from './expand.ts';
import { identity } from './identity.ts';
import type { Study } from './schema.ts';
import type { FailedTrial, RunStore } from './store.ts';
import type { FinishedTrial, TrainResult, TrainTrial, Trial, TrialResult } from './trial.ts';

/** How far a trial is. */
export interface TrialProgress {
  readonly done: number;
  readonly total: number;
  /** What is counted: `steps`, `images`. */
  readonly unit: string;
  /** The figure of the moment: `loss 0.21`. */
  readonly note?: string;
}

/** What a trial is given beside its configuration. */
export interface TrialContext {
  /** An empty folder for the trial's files; it is kept as `trials/<id>` once the trial ends well. */
  readonly folder: string;
  /** Of an attack trial: the training it starts from, and the folder that its checkpoint lies in. Else null. */
  readonly training: { readonly folder: string; readonly finished: FinishedTrial<TrainTrial, TrainResult> } | null;
  report(progress: TrialProgress): void;
}

/** Computes one trial. The same configuration gives the same result, wall-clock times apart. */
export type RunTrial = (trial: Trial, context: TrialContext) => Promise<TrialResult>;

/** What trials are computed on, opened only when a trial is missing. */
export interface TrialMachine {
  readonly adapter: AdapterDescription;
  /** Which measured choice of kernels it follows, see `Tuning`; undefined: the defaults. */
  readonly kernels?: string;
  readonly runTrial: RunTrial;
  close(): void | Promise<void>;
}

/** A trial with its identity. */
export interface PlannedTrial {
  readonly id: string;
  readonly trial: Trial;
  /** Identity of the training that an attack trial starts from; null of a training. */
  readonly trainId: string | null;
}

export type RunEvent =
  | { readonly type: 'planned'; readonly total: number; readonly missing: number }
  | { readonly type: 'started'; readonly planned: PlannedTrial; readonly position: number; readonly missing: number }
  | { readonly type: 'progress'; readonly planned: PlannedTrial; readonly progress: TrialProgress }
  | { readonly type: 'finished'; readonly finished: FinishedTrial; readonly seconds: number }
  | { readonly type: 'failed'; readonly failed: FailedTrial };

export interface RunOutcome {
  /** All finished trials of the study, in its order, those of earlier runs included. */
  readonly finished: readonly FinishedTrial[];
  readonly failed: readonly FailedTrial[];
  /** How many trials this call computed. */
  readonly computed: number;
}

export interface RunOptions {
  readonly store: RunStore;
  openMachine(): Promise<TrialMachine>;
  onEvent?(event: RunEvent): void;
}

/** The trials of a study with their identities, trainings first. */
export async function planTrials(study: Study): Promise<PlannedTrial[]> {
  return Promise.all(
    expand(study).map(async (trial) => ({
      id: await identity(trial),
      trial,
      trainId: trial.kind === 'attack' ? await identity(trial.train) : null,
    })),
  );
}

/** The finished trials of a study, in its order. */
export async function readFinished(study: Study, store: Pick<RunStore, 'read'>): Promise<FinishedTrial[]> {
  const planned = await planTrials(study);
  const finished = await Promise.all(planned.map(({ id, trial }) => store.read(id, trial)));
  return finished.filter((trial) => trial !== null);
}

/**
 * Computes the trials of a study that are missing, one after the other. A trial that fails is recorded and the rest goes
 * on, but an attack whose training failed is recorded as failed without being tried.
 * @throws InputError a trial found wrong input (a damaged data set): it would stop the others as well
 */
export async function runStudy(
  study: Study,
  { store, openMachine, onEvent = () => {} }: RunOptions,
): Promise<RunOutcome> {
  const planned = await planTrials(study);
  const finished = new Map<string, FinishedTrial>();
  for (const { id, trial } of planned) {
    const earlier = await store.read(id, trial);
    if (earlier) finished.set(id, earlier);
  }
  const missing = planned.filter(({ id }) => !finished.has(id));
  onEvent({ type: 'planned', total: planned.length, missing: missing.length });

  const failed: FailedTrial[] = [];
  if (missing.length > 0) {
    const machine = await openMachine();
    try {
      for (const [index, next] of missing.entries()) {
        onEvent({ type: 'started', planned: next, position: index + 1, missing: missing.length });
        const started = Date.now();
        const outcome = await computeTrial(next, { machine, store, finished, onEvent });
        if ('result' in outcome) {
          finished.set(outcome.id, outcome);
          onEvent({ type: 'finished', finished: outcome, seconds: (Date.now() - started) / 1000 });
        } else {
          await store.recordFailure(outcome);
          failed.push(outcome);
          onEvent({ type: 'failed', failed: outcome });
        }
      }
    } finally {
      await machine.close();
    }
  }
  const inOrder = planned.map(({ id }) => finished.get(id)).filter((trial) => trial !== undefined);
  return { finished: inOrder, failed, computed: missing.length - failed.length };
}

interface Surroundings {
  readonly machine: TrialMachine;
  readonly store: RunStore;
  readonly finished: ReadonlyMap<string, FinishedTrial>;
  onEvent(event: RunEvent): void;
}

async function computeTrial(planned: PlannedTrial, around: Surroundings): Promise<FinishedTrial | FailedTrial> {
  const { id, trial, trainId } = planned;
  const { machine, store, finished, onEvent } = around;
  const training = trainId === null ? null : finished.get(trainId);
  if (training === undefined) {
    return failure(planned, new Error(`its training ${trainId} failed`));
  }
  const draft = await store.begin(id);
  try {
    const result = await machine.runTrial(trial, {
      folder: draft.folder,
      training: training && {
        folder: store.folderOf(training.id),
        finished: training as FinishedTrial<TrainTrial, TrainResult>,
      },
      report: (progress) => onEvent({ type: 'progress', planned, progress }),
    });
    const { adapter, kernels } = machine;
    const whole = { id, trial, result, adapter, kernels, finishedAt: new Date().toISOString() };
    await draft.commit(whole);
    return whole;
  } catch (error) {
    await draft.discard();
    if (error instanceof InputError) throw error;
    return failure(planned, error);
  }
}

function failure({ id, trial }: PlannedTrial, error: unknown): FailedTrial {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  const line = message.replace(/\s*\n\s*/g, ' ').trim();
  return { id, trial, message: line, stack: stack ?? null, failedAt: new Date().toISOString() };
}
