import { InputError } from '../../../../base/errors.ts';
import { elements } from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import type { Batch, BatchOutcome, Findings, Samples } from './batch.ts';
import { type Budget, checkBudget } from './budget.ts';
import { distances } from './distances.ts';
import { type AnyMethod, type AttackWatch, type BatchState, runMethod } from './method.ts';
import type { AttackRecord } from './record.ts';
import { attackWarnings } from './warnings.ts';

export interface AttackProgress {
  /** Steps done, of the most that there may be. */
  readonly done: number;
  readonly total: number;
  /** Samples of the batch that the model still classifies rightly. */
  readonly holding: number;
  readonly samples: number;
}

/** An attack that was interrupted: plain data, to be given back with the same samples and options. */
export interface SavedAttack {
  readonly finished: readonly AttackRecord[];
  readonly images: Float32Array;
  readonly found: Findings;
  /** The batch that was under attack. */
  readonly batch: BatchState | null;
}

export interface AttackOptions extends Budget {
  /** Images attacked together, 100 unless given. It changes no bit of the result. */
  readonly batchSize?: number;
  readonly resume?: SavedAttack;
  /** Follows the attack; its samples are named by their places among those attacked. */
  readonly watch?: AttackWatch;
  onProgress?(progress: AttackProgress): void;
  /** Called after every step; `take` gives the state to save. */
  onSave?(take: () => Promise<SavedAttack>): void | Promise<void>;
}

export interface AttackOutcome {
  readonly records: readonly AttackRecord[];
  /** [count, C, H, W]. */
  readonly images: Float32Array;
  /** Share classified rightly before and after the attack. */
  readonly cleanAccuracy: number;
  readonly robustAccuracy: number;
  readonly found: Findings;
  readonly warnings: readonly string[];
}

const DEFAULT_BATCH = 100;

/** Rows of the smallest batch: sums over fewer rows are ordered otherwise by the linear layer, which would change bits. */
const LEAST_ROWS = 4;

/**
 * Runs an attack batch by batch: finds out who is misclassified already, attacks the others, and verifies every success on the
 * final image, and once more after rounding it to 8 bits. These checks are not charged to the samples.
 * @param strength radius of the ball, for attacks that have one
 * @param method what the attack does to a batch
 * @throws InputError when there are no samples, a pixel lies outside [0, 1], or a saved attack is not this one; NonFiniteLogitsError where
 *   the model answers with NaN or infinity
 */
export async function attackSamples(
  classifier: Classifier,
  samples: Samples,
  options: AttackOptions,
  strength: number,
  method: (batch: Batch) => AnyMethod,
): Promise<AttackOutcome> {
  const { batchSize = DEFAULT_BATCH, resume, watch, onProgress, onSave } = options;
  const count = samples.labels.length;
  const pixels = elements(classifier.shape);
  checkSamples(samples, pixels, batchSize);
  checkBudget('attack', options);
  if (resume !== undefined && resume.images.length !== count * pixels)
    throw new InputError('attack: the saved state is of an attack on other samples');
  const together = Math.min(batchSize, count);
  const size = Math.max(together, LEAST_ROWS);
  const images = resume?.images.slice() ?? new Float32Array(count * pixels);
  const records: AttackRecord[] = [...(resume?.finished ?? [])];
  let found: Findings = resume?.found ?? { zero: 0, notFinite: 0, lost: 0 };
  let unfinished = resume?.batch ?? null;
  const predictedClasses = new Set<number>();
  const isResumed = records.length > 0;
  for (let first = records.length; first < count; first += together) {
    const present = Math.min(together, count - first);
    const { batch, before } = await takeBatch(classifier, samples, strength, { first, size, present });
    for (const predicted of before) predictedClasses.add(predicted);
    const steps = method(batch);
    const outcome = await runMethod(classifier, batch, steps, {
      budget: options,
      resume: unfinished ?? undefined,
      watch,
      onStep: async (done, holding, take) => {
        onProgress?.({ done, total: steps.steps, holding, samples: present });
        const finished = [...records];
        const foundBefore = found;
        await onSave?.(async () => ({ finished, images: images.slice(), found: foundBefore, batch: await take() }));
      },
    });
    unfinished = null;
    const verified = await verify(classifier, batch, { ...outcome, before, present, asksOfImages: steps.asksOfImages });
    records.push(...verified.records);
    found = {
      zero: found.zero + outcome.signs.zero.size,
      notFinite: found.notFinite + outcome.signs.notFinite.size,
      lost: found.lost + verified.lost,
    };
    images.set(outcome.images.subarray(0, present * pixels), first * pixels);
  }
  const share = (test: (record: AttackRecord) => boolean) => records.filter(test).length / count;
  return {
    records,
    images,
    cleanAccuracy: share(({ misclassifiedBefore }) => !misclassifiedBefore),
    robustAccuracy: share(({ misclassifiedBefore, success }) => !misclassifiedBefore && !success),
    found,
    // Which classes finished images were put into before an interruption is not known.
    warnings: attackWarnings(classifier, samples, records, found, isResumed ? null : predictedClasses),
  };
}

/** Records of the true samples of a batch that was attacked, each success checked on the final image. */
async function verify(
  classifier: Classifier,
  batch: Batch,
  {
    ledger: { firstStep, costs },
    images,
    before,
    present,
    asksOfImages,
  }: BatchOutcome & { before: Int32Array; present: number; asksOfImages?: true },
): Promise<{ readonly records: AttackRecord[]; readonly lost: number }> {
  const pixels = images.length / batch.size;
  const isBroken = firstStep.some((step) => step !== null);
  // Where no sample is broken there is nothing to verify: whoever was attacked was classified rightly before, and still is as far as that
  // is known. A random defence is not asked then, as that would move on its numbers.
  const isKnown = classifier.defence.random || asksOfImages || isEqual(images, batch.images);
  const after = isBroken || !isKnown ? await classifier.predict(images) : before;
  const rounded = isBroken ? await classifier.predict(images.map(toByteLevel)) : batch.labels;
  let lost = 0;
  const records = Array.from({ length: present }, (_, i): AttackRecord => {
    const [from, to] = [i * pixels, (i + 1) * pixels];
    const label = batch.labels[i];
    const success = firstStep[i] !== null && after[i] !== label;
    if (firstStep[i] !== null && !success) lost++;
    return {
      sample: batch.sample[i],
      label,
      predictedBefore: before[i],
      predictedAfter: after[i],
      misclassifiedBefore: !batch.active[i],
      success,
      successAfterRounding: success && rounded[i] !== label,
      firstStep: success ? firstStep[i] : null,
      cost: costs[i],
      distances: distances(batch.images.subarray(from, to), images.subarray(from, to), classifier.shape),
    };
  });
  return { records, lost };
}

const isEqual = (a: Float32Array, b: Float32Array): boolean => a.every((value, i) => value === b[i]);

/** The nearest pixel value that 8 bits can hold. */
export const toByteLevel = (pixel: number) => Math.round(pixel * 255) / 255;

/** Samples from `first` on as a batch, and the classes that the model puts them into; filled up with copies of the first. */
async function takeBatch(
  classifier: Classifier,
  samples: Samples,
  strength: number,
  { first, size, present }: { first: number; size: number; present: number },
): Promise<{ readonly batch: Batch; readonly before: Int32Array }> {
  const pixels = samples.images.length / samples.labels.length;
  const images = new Float32Array(size * pixels);
  const sample = Array.from({ length: size }, (_, i) => (i < present ? first + i : first));
  sample.forEach((from, i) => {
    images.set(samples.images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
  });
  const labels = Int32Array.from(sample, (from) => samples.labels[from]);
  const before = await classifier.predict(images);
  const active = Array.from(labels, (label, i) => i < present && before[i] === label);
  return { batch: { images, labels, size, sample, strength: new Float32Array(size).fill(strength), active }, before };
}

function checkSamples({ images, labels }: Samples, pixels: number, batchSize: number): void {
  if (labels.length < 1 || images.length !== labels.length * pixels)
    throw new InputError(
      `attack: ${images.length} numbers and ${labels.length} labels; ${pixels} numbers a label are needed, and a label at least`,
    );
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new InputError(`attack: the batch size is ${batchSize}; it must be a whole number from 1`);
  const outside = images.find((pixel) => !(pixel >= 0 && pixel <= 1));
  if (outside !== undefined) throw new InputError(`attack: a pixel is ${outside}; pixels must lie in [0, 1]`);
}
