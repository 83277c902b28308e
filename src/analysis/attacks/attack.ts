import { InputError } from '../../engine/errors.ts';
import { elements } from '../../engine/graph.ts';
import type { Classifier } from '../classifier.ts';
import { distances } from './distances.ts';
import type { Ledger } from './ledger.ts';
import type { MaskingSigns } from './masking.ts';
import type { NormName } from './norms.ts';
import type { AttackRecord } from './record.ts';

/** What is attacked: images [count, C, H, W] with pixels in [0, 1], and their true labels. */
export interface Samples {
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

export interface AttackProgress {
  /** Steps done, of the most that there may be. */
  readonly done: number;
  readonly total: number;
  /** Samples of the batch that the model still classifies rightly. */
  readonly holding: number;
  readonly samples: number;
}

export interface AttackOptions {
  /** Images attacked together, 100 unless given. */
  readonly batchSize?: number;
  onProgress?(progress: AttackProgress): void;
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

/** Images attacked together. The last batch is filled up with copies of its first sample, which are not active. */
export interface Batch extends Samples {
  readonly size: number;
  /** Index of its first sample among all. */
  readonly first: number;
  /** Whom to attack: true samples that the model classifies rightly. */
  readonly active: readonly boolean[];
}

export interface BatchOutcome {
  readonly ledger: Ledger;
  /** The final images; those of inactive samples are unchanged. */
  readonly images: Float32Array;
  readonly signs: MaskingSigns;
}

const DEFAULT_BATCH = 100;

/**
 * Runs an attack batch by batch: finds out who is misclassified already, attacks the others, and verifies every success on the
 * final image, and once more after rounding it to 8 bits. These checks are not charged to the samples.
 * @throws InputError when there are no samples, or a pixel lies outside [0, 1]
 */
export async function attackInBatches(
  classifier: Classifier,
  samples: Samples,
  { batchSize = DEFAULT_BATCH }: AttackOptions,
  attackBatch: (batch: Batch) => Promise<BatchOutcome>,
): Promise<AttackOutcome> {
  const count = samples.labels.length;
  const pixels = elements(classifier.shape);
  checkSamples(samples, pixels, batchSize);
  const size = Math.min(batchSize, count);
  const images = new Float32Array(samples.images.length);
  const records: AttackRecord[] = [];
  const found = { zero: 0, notFinite: 0, lost: 0 };
  for (let first = 0; first < count; first += size) {
    const present = Math.min(size, count - first);
    const batch = await takeBatch(classifier, samples, { first, size, present }, pixels);
    const outcome = await attackBatch(batch);
    const after = await classifier.predict(outcome.images);
    const rounded = await classifier.predict(outcome.images.map(toByteLevel));
    found.zero += outcome.signs.zero.size;
    found.notFinite += outcome.signs.notFinite.size;
    for (let i = 0; i < present; i++) {
      const [from, to] = [i * pixels, (i + 1) * pixels];
      const label = batch.labels[i];
      const { firstStep, costs } = outcome.ledger;
      const success = firstStep[i] !== null && after[i] !== label;
      if (firstStep[i] !== null && !success) found.lost++;
      records.push({
        sample: first + i,
        label,
        misclassifiedBefore: !batch.active[i],
        success,
        successAfterRounding: success && rounded[i] !== label,
        firstStep: success ? firstStep[i] : null,
        cost: costs[i],
        distances: distances(batch.images.subarray(from, to), outcome.images.subarray(from, to), classifier.shape),
      });
    }
    images.set(outcome.images.subarray(0, present * pixels), first * pixels);
  }
  const share = (test: (record: AttackRecord) => boolean) => records.filter(test).length / count;
  return {
    records,
    images,
    cleanAccuracy: share(({ misclassifiedBefore }) => !misclassifiedBefore),
    robustAccuracy: share(({ misclassifiedBefore, success }) => !misclassifiedBefore && !success),
    warnings: describeWarnings(found, count, classifier),
  };
}

async function takeBatch(
  classifier: Classifier,
  samples: Samples,
  { first, size, present }: { first: number; size: number; present: number },
  pixels: number,
): Promise<Batch> {
  const images = new Float32Array(size * pixels);
  const labels = new Int32Array(size);
  for (let i = 0; i < size; i++) {
    const from = i < present ? first + i : first;
    images.set(samples.images.subarray(from * pixels, (from + 1) * pixels), i * pixels);
    labels[i] = samples.labels[from];
  }
  const before = await classifier.predict(images);
  return { images, labels, size, first, active: Array.from(labels, (label, i) => i < present && before[i] === label) };
}

/** The nearest pixel value that 8 bits can hold. */
const toByteLevel = (pixel: number) => Math.round(pixel * 255) / 255;

function describeWarnings(
  found: { zero: number; notFinite: number; lost: number },
  count: number,
  classifier: Classifier,
): string[] {
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
