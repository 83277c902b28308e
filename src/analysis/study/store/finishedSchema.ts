import { z } from 'zod';
import { trialText } from '../trial/identity.ts';
import type { AttackResult, AttackTrial, FinishedTrial, TrainResult, Trial } from '../trial/trial.ts';
import type { FailedTrial } from './store.ts';

/* What the records of trials hold. Fields that are not named here are those of other versions. */

const share = z.number().min(0).max(1);
const amount = z.number().nonnegative();
const count = z.int().nonnegative();
/** A loss; JSON has no infinity, which comes back as null. */
const loss = z.number().nullable();

/** In every norm. */
const distances = z.object({ l0: amount, l1: amount, l2: amount, linf: amount });
/** The name of a file beside the record, and nothing else. */
const fileName = z.string().regex(/^[\w-][\w.-]*$/, { error: 'is no name of a file' });

const calibration = z.object({
  clock: z.enum(['processor', 'wall']),
  executables: z.record(z.string(), z.object({ times: z.array(amount), reference: z.array(amount) })),
});

const trainResult = z.object({
  kind: z.literal('train'),
  accuracy: share,
  testLoss: loss,
  calibrationError: share.optional(),
  confusion: z.array(z.array(count)).optional(),
  trainSeconds: amount,
  compileSeconds: amount,
  trainSamples: count,
  trainFlops: amount,
  trainSteps: count.optional(),
  trainQueries: amount.optional(),
  predictSecondsPerSample: amount,
  parameters: count,
  network: z.string().optional(),
  epochs: z.array(
    z.object({
      epoch: z.int().positive(),
      loss,
      accuracy: share,
      validationLoss: loss.optional(),
      validationAccuracy: share.optional(),
    }),
  ),
  checkpoint: fileName,
  calibration: calibration.optional(),
});

const attackRecord = z.object({
  sample: count,
  label: count,
  predictedBefore: count.optional(),
  predictedAfter: count.optional(),
  misclassifiedBefore: z.boolean(),
  success: z.boolean(),
  successAfterRounding: z.boolean(),
  firstStep: z.int().nonnegative().nullable(),
  cost: z.object({ seconds: amount, queries: amount, gradients: amount, flops: amount }),
  distances,
  runs: z.array(amount).optional(),
});

const protocolResult = z.object({
  samples: z.array(
    z.object({
      distances: distances.nullable(),
      forwards: count,
      backwards: count,
      hash: z.string().regex(/^[0-9a-f]{128}$/, { error: 'is no SHA-512' }),
    }),
  ),
  trace: fileName,
});

const attackResult = z.object({
  kind: z.literal('attack'),
  cleanAccuracy: share,
  robustAccuracy: share,
  testAccuracy: share,
  records: z.array(attackRecord).min(1),
  executables: z.array(z.string()).optional(),
  calibration: calibration.optional(),
  images: z.array(count).optional(),
  certificates: z.array(z.object({ predicted: count.nullable(), radius: amount })).optional(),
  protocol: protocolResult.optional(),
  warnings: z.array(z.string()),
  pictures: z.array(z.object({ sample: count, label: count, success: z.boolean(), png: z.base64() })).optional(),
});

const instant = z.string().refine((text) => Number.isFinite(Date.parse(text)), { error: 'is no time' });

const finishedTrial = z.object({
  id: z.string(),
  trial: z.object({ kind: z.enum(['train', 'attack']) }),
  result: z.discriminatedUnion('kind', [trainResult, attackResult]),
  adapter: z.object({
    name: z.string(),
    vendor: z.string(),
    driver: z.string(),
    backend: z.string(),
    software: z.boolean(),
  }),
  machine: z.string().optional(),
  kernels: z.string().optional(),
  finishedAt: instant,
});

const failedTrial = z.object({
  id: z.string(),
  message: z.string(),
  stack: z.string().nullable(),
  failedAt: instant,
});

/**
 * What is wrong with the record of a finished trial, in a few words: its form, whose it is, or figures that do not follow from its rows;
 * null where nothing is.
 */
export function finishedMistake(value: unknown, id: string, trial: Trial): string | null {
  const parsed = finishedTrial.safeParse(value);
  const whose = `it does not describe trial ${id}`;
  if (!parsed.success) return isRecord(value) && value.id === id ? issueText(parsed.error) : whose;
  const found = value as FinishedTrial;
  if (found.id !== id || textOf(found.trial) !== trialText(trial) || found.result.kind !== trial.kind) return whose;
  return found.result.kind === 'train'
    ? trainingMistake(found.result)
    : attackMistake(found.result, trial as AttackTrial);
}

/** What is wrong with the record of a trial that failed; null where nothing is. */
export function failureMistake(value: unknown, id: string): string | null {
  const parsed = failedTrial.safeParse(value);
  if (!parsed.success) return issueText(parsed.error);
  return (value as FailedTrial).id === id ? null : `it does not describe trial ${id}`;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The text of a trial that may be none. */
function textOf(trial: Trial): string | null {
  try {
    return trialText(trial);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function issueText({ issues: [{ path, message }] }: z.ZodError): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `${place.replace(/^\./, '') || 'the record'}: ${message}`;
}

/** Shares come from divisions of whole numbers; what is off by more was not divided from these. */
const differ = (a: number, b: number) => Math.abs(a - b) > 1e-9;

function trainingMistake({ accuracy, confusion }: TrainResult): string | null {
  if (confusion === undefined) return null;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const right = sum(confusion.map((row, i) => row[i] ?? 0)) / sum(confusion.map(sum));
  return differ(right, accuracy) ? `accuracy: ${accuracy}, but its confusion matrix says ${right}` : null;
}

function attackMistake(result: AttackResult, { samples, protocol }: AttackTrial): string | null {
  const { records, executables = [], images, certificates, cleanAccuracy, robustAccuracy } = result;
  if ((protocol === undefined) !== (result.protocol === undefined))
    return `protocol: ${protocol === undefined ? 'it is there, but the trial has none' : 'it is missing'}`;
  if (records.length !== samples) return `records: ${records.length}, but ${samples} images are attacked`;
  if (new Set(records.map(({ sample }) => sample)).size !== records.length)
    return 'records: an image stands there twice';
  for (const [i, { runs, success, misclassifiedBefore, firstStep }] of records.entries()) {
    if (runs !== undefined && runs.length !== executables.length)
      return `records[${i}].runs: ${runs.length}, but there are ${executables.length} executables`;
    if (success !== (firstStep !== null)) return `records[${i}].firstStep: ${firstStep}, but success is ${success}`;
    if (success && misclassifiedBefore) return `records[${i}].success: true, but the image was wrong before`;
  }
  for (const [name, list] of Object.entries({ images, certificates, 'protocol.samples': result.protocol?.samples }))
    if (list !== undefined && list.length !== records.length)
      return `${name}: ${list.length}, but there are ${records.length} records`;
  const right = records.filter(({ misclassifiedBefore }) => !misclassifiedBefore);
  const clean = right.length / records.length;
  const robust = right.filter(({ success }) => !success).length / records.length;
  if (differ(clean, cleanAccuracy)) return `cleanAccuracy: ${cleanAccuracy}, but its records say ${clean}`;
  if (differ(robust, robustAccuracy)) return `robustAccuracy: ${robustAccuracy}, but its records say ${robust}`;
  return null;
}
