import type { Classifier } from '../../classifier/classifier.ts';
import { defenceWarnings } from '../../sanity.ts';
import type { Findings, Samples } from './batch.ts';
import type { AttackRecord } from './record.ts';

/**
 * What makes the result of an attack doubtful, each a line.
 * @param predictedClasses all classes that the model put the images into before the attack; null where that is not known
 */
export function attackWarnings(
  classifier: Classifier,
  { labels }: Samples,
  records: readonly AttackRecord[],
  found: Findings,
  predictedClasses: ReadonlySet<number> | null,
): string[] {
  const count = labels.length;
  const gradients = records.some(({ cost }) => cost.gradients > 0);
  const untouched = records.filter(
    ({ misclassifiedBefore, success, cost }) => !misclassifiedBefore && !success && cost.queries === 0,
  ).length;
  const warnings = [
    ...maskingWarnings(found, count, classifier),
    ...defenceWarnings(classifier.defence, gradients, classifier.expectationSamples),
  ];
  if (untouched > 0)
    warnings.push(`${untouched} of ${count} images were not attacked at all: a step costs more than their budget`);
  const kinds = new Set(labels).size;
  if (predictedClasses?.size === 1 && kinds > 1)
    warnings.push(
      `the model puts all ${count} images, of ${kinds} classes, into class ${[...predictedClasses][0]}: it has learned nothing, or was trained on other images`,
    );
  return warnings;
}

function maskingWarnings(found: Findings, count: number, classifier: Classifier): string[] {
  const { name, differentiable } = classifier.defence;
  const cause = differentiable ? 'a saturated softmax masks them' : `${name} or a saturated softmax masks them`;
  const warnings: string[] = [];
  if (found.zero > 0)
    warnings.push(
      `${found.zero} of ${count} images met a gradient of zero (vanishing gradients): probably ${cause}, and robustness is overstated`,
    );
  if (found.notFinite > 0)
    warnings.push(
      `${found.notFinite} of ${count} images met a gradient that is not finite (exploding gradients): the model overflows there, and robustness is overstated`,
    );
  if (found.lost > 0)
    warnings.push(`${found.lost} of ${count} successes were gone when the final image was checked again`);
  return warnings;
}
