import { InputError } from '../../../../base/errors.ts';
import { elements } from '../../../../engine/index.ts';
import type { Classifier } from '../../classifier/classifier.ts';
import type { NormName } from '../../norms.ts';
import { defenceWarnings } from '../../sanity.ts';
import type { Batch, Findings, Samples } from './batch.ts';
import { type Budget, checkBudget } from './budget.ts';
import { distances } from './distances.ts';
import { type AnyMethod, type BatchState, runMethod } from './method.ts';
import type { AttackRecord } from './record.ts';

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
  readonly warnings: readonly string[];
}

/** An attack ready to run: what it does to a batch, and at which strengths all samples are attacked at once. */
export interface Plan {
  readonly strengths: readonly number[];
  method(batch: Batch): AnyMethod;
}

const DEFAULT_BATCH = 100;

/** Rows of the smallest batch: sums over fewer rows are ordered otherwise by the linear layer, which would change bits. */
const LEAST_ROWS = 4;

/** Runs an attack that has no strength, or one. @throws InputError as `attackStrengths` does */
export async function attackSamples(
  classifier: Classifier,
  samples: Samples,
  options: AttackOptions,
  method: (batch: Batch) => AnyMethod,
  strength = 0,
): Promise<AttackOutcome> {
  return (await attackStrengths(classifier, samples, options, { strengths: [strength], method }))[0];
}

/**
 * Runs an attack batch by batch: finds out who is misclassified already, attacks the others, and verifies every success on the
 * final image, and once more after rounding it to 8 bits. These checks are not charged to the samples. Several strengths share
 * the batches; each gives the same bits as alone.
 * @returns an outcome for each strength
 * @throws InputError when there are no samples, a pixel lies outside [0, 1], or a saved attack is not this one; NonFiniteLogitsError where
 *   the model answers with NaN or infinity
 */
export async function attackStrengths(
  classifier: Classifier,
  samples: Samples,
  options: AttackOptions,
  { strengths, method }: Plan,
): Promise<AttackOutcome[]> {
  const { batchSize = DEFAULT_BATCH, resume, onProgress, onSave } = options;
  const count = samples.labels.length;
  const rows = count * strengths.length;
  const pixels = elements(classifier.shape);
  checkSamples(samples, pixels, batchSize);
  checkBudget('attack', options);
  if (resume !== undefined && resume.images.length !== rows * pixels)
    throw new InputError('attack: the saved state is of an attack on other samples or at other strengths');
  const together = Math.min(batchSize, rows);
  const size = Math.max(together, LEAST_ROWS);
  const images = resume?.images.slice() ?? new Float32Array(rows * pixels);
  const records: AttackRecord[] = [...(resume?.finished ?? [])];
  let found: Findings = resume?.found ?? { zero: 0, notFinite: 0, lost: 0 };
  let unfinished = resume?.batch ?? null;
  /** Classes that the model puts the images into. */
  const told = new Set<number>();
  const isResumed = records.length > 0;
  for (let first = records.length; first < rows; first += together) {
    const present = Math.min(together, rows - first);
    const { batch, before } = await takeBatch(classifier, samples, strengths, { first, size, present });
    for (const predicted of before) told.add(predicted);
    const plan = method(batch);
    const outcome = await runMethod(classifier, batch, plan, {
      budget: options,
      resume: unfinished ?? undefined,
      onStep: async (done, holding, take) => {
        onProgress?.({ done, total: plan.steps, holding, samples: present });
        const finished = [...records];
        const saved = found;
        await onSave?.(async () => ({ finished, images: images.slice(), found: saved, batch: await take() }));
      },
    });
    unfinished = null;
    const { firstStep, costs } = outcome.ledger;
    const isBroken = firstStep.some((step) => step !== null);
    // Where no sample is broken there is nothing to verify: whoever was attacked was classified rightly before, and still is as far as that
    // is known. A random defence is not asked then, as that would move on its numbers.
    const isKnown = classifier.defence.random || plan.asksOfImages || isEqual(outcome.images, batch.images);
    const after = isBroken || !isKnown ? await classifier.predict(outcome.images) : before;
    const rounded = isBroken ? await classifier.predict(outcome.images.map(toByteLevel)) : batch.labels;
    let { lost } = found;
    for (let i = 0; i < present; i++) {
      const [from, to] = [i * pixels, (i + 1) * pixels];
      const label = batch.labels[i];
      const success = firstStep[i] !== null && after[i] !== label;
      if (firstStep[i] !== null && !success) lost++;
      records.push({
        sample: batch.sample[i],
        label,
        predictedBefore: before[i],
        predictedAfter: after[i],
        misclassifiedBefore: !batch.active[i],
        success,
        successAfterRounding: success && rounded[i] !== label,
        firstStep: success ? firstStep[i] : null,
        cost: costs[i],
        distances: distances(batch.images.subarray(from, to), outcome.images.subarray(from, to), classifier.shape),
      });
    }
    found = {
      zero: found.zero + outcome.signs.zero.size,
      notFinite: found.notFinite + outcome.signs.notFinite.size,
      lost,
    };
    images.set(outcome.images.subarray(0, present * pixels), first * pixels);
  }
  const gradients = records.some(({ cost }) => cost.gradients > 0);
  const untouched = records.filter(
    ({ misclassifiedBefore, success, cost }) => !misclassifiedBefore && !success && cost.queries === 0,
  ).length;
  const warnings = [
    ...describeWarnings(found, rows, classifier),
    ...defenceWarnings(classifier.defence, gradients, classifier.expectationSamples),
  ];
  if (untouched > 0)
    warnings.push(`${untouched} of ${rows} images were not attacked at all: a step costs more than their budget`);
  const kinds = new Set(samples.labels).size;
  // What was told of images that were finished before an interruption is not known.
  if (told.size === 1 && kinds > 1 && !isResumed)
    warnings.push(
      `the model puts all ${count} images, of ${kinds} classes, into class ${[...told][0]}: it has learned nothing, or was trained on other images`,
    );
  return strengths.map((_, s) => {
    const own = records.slice(s * count, (s + 1) * count);
    const share = (test: (record: AttackRecord) => boolean) => own.filter(test).length / count;
    return {
      records: own,
      images: images.slice(s * count * pixels, (s + 1) * count * pixels),
      cleanAccuracy: share(({ misclassifiedBefore }) => !misclassifiedBefore),
      robustAccuracy: share(({ misclassifiedBefore, success }) => !misclassifiedBefore && !success),
      warnings,
    };
  });
}

const isEqual = (a: Float32Array, b: Float32Array): boolean => a.every((value, i) => value === b[i]);

async function takeBatch(
  classifier: Classifier,
  samples: Samples,
  strengths: readonly number[],
  { first, size, present }: { first: number; size: number; present: number },
): Promise<{ readonly batch: Batch; readonly before: Int32Array }> {
  const count = samples.labels.length;
  const pixels = samples.images.length / count;
  const images = new Float32Array(size * pixels);
  const rows = Array.from({ length: size }, (_, i) => (i < present ? first + i : first));
  const sample = rows.map((row) => row % count);
  sample.forEach((from, i) => {
    images.set(samples.images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
  });
  const labels = Int32Array.from(sample, (from) => samples.labels[from]);
  const strength = Float32Array.from(rows, (row) => strengths[Math.floor(row / count)]);
  const before = await classifier.predict(images);
  const active = Array.from(labels, (label, i) => i < present && before[i] === label);
  return { batch: { images, labels, size, sample, strength, active }, before };
}

/** The nearest pixel value that 8 bits can hold. */
const toByteLevel = (pixel: number) => Math.round(pixel * 255) / 255;

function describeWarnings(found: Findings, count: number, classifier: Classifier): string[] {
  const { name, differentiable } = classifier.defence;
  const cause = differentiable ? 'a saturated softmax masks them' : `${name} or a saturated softmax masks them`;
  const warnings: string[] = [];
  if (found.zero > 0)
    warnings.push(
      `${found.zero} of ${count} images met a gradient of zero: probably ${cause}, and robustness is overstated`,
    );
  if (found.notFinite > 0)
    warnings.push(
      `${found.notFinite} of ${count} images met a gradient that is not finite: the model overflows there, and robustness is overstated`,
    );
  if (found.lost > 0)
    warnings.push(`${found.lost} of ${count} successes were gone when the final image was checked again`);
  return warnings;
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

/** @throws InputError when a distance is no possible one between images with pixels in [0, 1] */
export function checkDistance(attack: string, name: string, value: number, norm: NormName): void {
  if (value >= 0 && (norm === 'inf' ? value <= 1 : Number.isFinite(value))) return;
  const range = norm === 'inf' ? 'from 0 to 1' : 'at least 0';
  throw new InputError(`${attack}: ${name} is ${value}; pixels lie in [0, 1], so it must be ${range}`);
}

/** @throws InputError when a number is not a whole number of at least `least` */
export function checkCount(attack: string, name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new InputError(`${attack}: ${name} is ${value}; it must be a whole number from ${least}`);
}
