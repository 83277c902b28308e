import type { Queue } from 'bullmq';
import type { Study } from '../file/schema.ts';
import type { EarlierFailures, PlannedTrial, RunEvent } from '../run/run.ts';
import type { FailedTrial, RunStore } from '../store/store.ts';
import type { FinishedTrial, Trial } from '../trial/trial.ts';
import type { Connection } from './connection.node.ts';
import type { Artefact, TrialJob, TrialOutcome } from './job.ts';

export interface ProduceOptions {
  readonly store: RunStore;
  readonly connection: Connection;
  /** The version of this program: workers of another take none of its trials. */
  readonly version: string;
  /** Names the run among all that use this Redis; a run that is started again has the same name. */
  readonly run: string;
  /** Which of the trials to compute, with the trainings that they need; all when not given. */
  select?(planned: readonly PlannedTrial[]): readonly PlannedTrial[];
  label(trial: Trial): string;
  onEvent?(event: RunEvent): void;
  /** Told what somebody should know, one line. */
  onNote?(line: string): void;
}

/** A run over a queue that goes on. */
export interface Production extends Required<Omit<ProduceOptions, 'select'>> {
  readonly queue: Queue<TrialJob, TrialOutcome>;
  readonly limits: Study['limits'];
  /** Milliseconds on the process's clock, which nobody sets back. */
  readonly began: number;
  /** Failures from before, which are tried again. */
  readonly earlier: EarlierFailures;
  readonly finished: Map<string, FinishedTrial>;
  readonly failed: Map<string, FailedTrial>;
  /** Trials that are not in the queue yet, trainings first. */
  waiting: readonly PlannedTrial[];
  readonly queued: Map<string, PlannedTrial>;
  /** Trainings whose weights lie in Redis for their attacks. */
  readonly open: Map<string, Artefact>;
  /** What was last told of a trial at work. */
  readonly shown: Map<string, string>;
  /** Whether it was told that no worker is there. */
  toldOfNoWorker: boolean;
  /** Trials that workers of this run computed. */
  computed: number;
  lookedAround: number;
}

/** Whether the seconds of the study's limits are over. */
export const isLate = ({ began, limits }: Production): boolean =>
  performance.now() - began >= 1000 * (limits.seconds ?? Number.POSITIVE_INFINITY);

/** Whether the study's limits allow no further trial: those in the queue count, those that Redis lost do not. */
export const isSpent = (production: Production): boolean =>
  production.computed + production.queued.size >= (production.limits.trials ?? Number.POSITIVE_INFINITY) ||
  isLate(production);

/** Notes how a trial ended. @param seconds null when another process computed it */
export function end(outcome: FinishedTrial | FailedTrial, seconds: number | null, production: Production): void {
  const { finished, failed, onEvent } = production;
  if ('result' in outcome) {
    finished.set(outcome.id, outcome);
    onEvent({ type: 'finished', finished: outcome, seconds });
  } else {
    failed.set(outcome.id, outcome);
    onEvent({ type: 'failed', failed: outcome });
  }
}

/** Records that a trial failed. */
export async function fail(
  { id, trial }: PlannedTrial,
  { message, stack }: { readonly message: string; readonly stack: string | null },
  production: Production,
): Promise<void> {
  const failed = { id, trial, message, stack, failedAt: new Date().toISOString() };
  await production.store.recordFailure(failed);
  end(failed, null, production);
}
