/** The files that `outlast attack --save` writes. */
import { join } from 'node:path';
import { type AttackOutcome, type Classifier, largestPlace, type Samples } from '../../analysis/robustness/index.ts';
import { writeFileAtomic } from '../../base/files.node.ts';
import { writeCheckpoint } from '../../models/checkpoint/file.node.ts';
import { type GridRow, pictureGrid, type Verdict } from './grid.ts';

/** Pictures shown. */
const SHOWN = 10;

/** Writes adversarial images, and a picture of some, into a folder. */
export async function saveImages(
  folder: string,
  classifier: Classifier,
  { images: clean, labels }: Samples,
  { images: adversarial, records }: AttackOutcome,
  classNames?: readonly string[],
): Promise<void> {
  const shape = [labels.length, ...classifier.shape];
  await writeCheckpoint(join(folder, 'adversarial.safetensors'), {
    tensors: new Map([
      ['clean', { dtype: 'F32', shape, data: Float32Array.from(clean) }],
      ['adversarial', { dtype: 'F32', shape, data: Float32Array.from(adversarial) }],
      ['labels', { dtype: 'I32', shape: [labels.length], data: Int32Array.from(labels) }],
    ]),
    metadata: {},
  });
  const broken = records.flatMap(({ success }, i) => (success ? [i] : []));
  const shown = (broken.length > 0 ? broken : [...labels.keys()]).slice(0, SHOWN);
  const pixels = clean.length / labels.length;
  const of = (images: Float32Array, i: number) => images.subarray(i * pixels, (i + 1) * pixels);
  const verdicts = (images: Float32Array) =>
    verdictsOn(
      classifier,
      shown.map((i) => of(images, i)),
    );
  const [before, after] = [await verdicts(clean), await verdicts(adversarial)];
  const rows = shown.map(
    (i, k): GridRow => ({
      label: labels[i],
      clean: of(clean, i),
      adversarial: of(adversarial, i),
      before: before[k],
      after: after[k],
    }),
  );
  await writeFileAtomic(join(folder, 'grid.png'), pictureGrid(classifier.shape, rows, classNames));
}

/** The class of each image and its probability: the softmax, unless the defence tells probabilities already. */
async function verdictsOn(classifier: Classifier, images: readonly Float32Array[]): Promise<Verdict[]> {
  const all = new Float32Array(images.flatMap((image) => [...image]));
  const answers = await classifier.logits(all);
  return images.map((_, i) => {
    const logits = answers.subarray(i * classifier.classes, (i + 1) * classifier.classes);
    const predicted = largestPlace(logits);
    if (classifier.defence.probabilities) return { predicted, confidence: logits[predicted] };
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - logits[predicted]), 0);
    return { predicted, confidence: 1 / sum };
  });
}
