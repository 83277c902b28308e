/** Figures of a classification beyond accuracy and loss, from what was predicted for each image. */

/** How many images of each class (row) were classified as each class (column). */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): readonly (readonly number[])[] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]][predictions[i]]++;
  return matrix;
}

/** Share of the images of each class that are classified rightly; null for a class without images. */
export function classAccuracies(confusion: readonly (readonly number[])[]): (number | null)[] {
  return confusion.map((row, label) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    return images === 0 ? null : row[label] / images;
  });
}

/** Bins of equal width, as in the paper. */
const BINS = 15;

/**
 * Expected calibration error: the distance of accuracy and mean confidence, averaged over bins ((m - 1) / 15, m / 15] of
 * confidence by their number of images (Guo et al., ICML 2017, equation 3).
 * @param confidences probability of the predicted class, for each image
 */
export function calibrationError(confidences: ArrayLike<number>, right: ArrayLike<boolean>): number {
  const surplus = new Float64Array(BINS);
  for (let i = 0; i < confidences.length; i++) {
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidences[i] * BINS) - 1));
    surplus[bin] += Number(right[i]) - confidences[i];
  }
  return surplus.reduce((sum, difference) => sum + Math.abs(difference), 0) / confidences.length;
}
