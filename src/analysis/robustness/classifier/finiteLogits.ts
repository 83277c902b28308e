/** A logit is NaN or infinite: no result of an attack on such a model means anything. */
export class NonFiniteLogitsError extends Error {
  override name = 'NonFiniteLogitsError';
}

/**
 * Checks logits on the host: the largest of several, one of them NaN, would look like an ordinary class.
 * @param logits [count · classes]
 * @param model its name, for the message
 * @throws NonFiniteLogitsError when one is NaN or infinite
 */
export function checkLogits(logits: Float32Array, classes: number, model: string): void {
  const at = logits.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const images = logits.length / classes;
  const strange = Array.from({ length: images }, (_, i) => logits.subarray(i * classes, (i + 1) * classes)).filter(
    (row) => !row.every(Number.isFinite),
  );
  throw new NonFiniteLogitsError(
    `${model}: the logits of ${strange.length} of ${images} images are not finite (${logits[at]} for class ${at % classes}): ` +
      'its weights or its number format overflow, and no attack on it can tell anything',
  );
}
