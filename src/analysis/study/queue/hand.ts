import type { Job } from 'bullmq';
import { printable } from '../../../base/errors.ts';
import type { TrialJob, TrialOutcome } from './job.ts';
import { trialJobOf } from './jobSchema.ts';

/** The trial that a worker has in hand. */
export interface Hand {
  /** Settled when the job that was got last is in hand, or refused. */
  taken: Promise<void>;
  trial: { readonly job: Job<TrialJob, TrialOutcome>; readonly token: string } | null;
  /** Whether it was handed back, though it is still being computed. */
  abandoned: boolean;
}

/**
 * Takes a job in hand. Whoever can write to Redis can put anything there: nothing of it is used before it is known to be a trial.
 * @param onRefused called with what to call the job, and why it is none
 * @throws InputError it is no trial
 */
export async function take(
  job: Job<TrialJob, TrialOutcome>,
  token: string,
  hand: Hand,
  onRefused: (label: string, message: string) => void,
): Promise<void> {
  await trialJobOf(job.data).catch((error: Error) => {
    onRefused(`job ${printable(String(job.id)).slice(0, 100)}`, error.message);
    throw error;
  });
  hand.trial = { job, token };
}
