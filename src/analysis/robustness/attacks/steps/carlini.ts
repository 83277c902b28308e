import { integer, number } from '../../../../base/parameter.ts';
import type { StepContext } from '../run/method.ts';
import { gather, gatherLabels, marked, rowOf } from '../run/rows.ts';
import { copyDescent, descend, fromTanh, type TanhDescent } from './tanhSpace.ts';

/* What the attacks of Carlini and Wagner (arXiv 1608.04644) have in common: they differ in what they measure, and in how they choose
 * the weight of misclassification. */

/** The parameters that all three have, named as in ART. */
export const carliniParameters = (defaults: {
  readonly learningRate: number;
  readonly maxIter: number;
  readonly initialConst: number;
}) => ({
  confidence: number({ from: 0, default: 0, takes: 'logits', about: 'by how much another logit must be ahead' }),
  learningRate: number({ above: 0, default: defaults.learningRate, takes: 'rate', about: 'learning rate of its Adam' }),
  maxIter: integer({ from: 1, default: defaults.maxIter, about: 'steps of its Adam for each weight or bound' }),
  initialConst: number({
    above: 0,
    default: defaults.initialConst,
    takes: 'weight',
    about: 'first weight of misclassification against distance',
  }),
});

export const largestConst = (value: number) =>
  number({ above: 0, default: value, takes: 'weight', about: 'largest weight of misclassification' });

/** What one of the attacks minimises, and what it does with a success. */
interface Objective {
  readonly confidence: number;
  readonly learningRate: number;
  /** Weight of misclassification against distance, of each row. */
  readonly constant: Float64Array;
  /** Puts back pixels of a row's candidate that may not change, in place. */
  restrict?(row: number, candidate: Float32Array, original: Float32Array): void;
  /** Called for every candidate that is misclassified with enough confidence; the gradient is that of the lead by pixels. */
  onSuccess(row: number, candidate: Float32Array, original: Float32Array, gradient: Float32Array): void;
  /**
   * Derivative of the objective by a pixel.
   * @param change of the pixel from the original
   * @param pull derivative of the weighted lead
   */
  slope(row: number, pixel: number, change: number, pull: number): number;
}

/** A step of Adam for every row that is attacked: asks for the lead of the best other class, and follows the objective's slope. */
export async function carliniStep(
  before: TanhDescent,
  { batch, rows, ask }: StepContext,
  { confidence, learningRate, constant, restrict, onSuccess, slope }: Objective,
): Promise<{ readonly descent: TanhDescent; readonly wrong: boolean[] }> {
  const { pixels } = ask;
  const descent = copyDescent(before);
  const images = gather(Float32Array.from(descent.w, fromTanh), rows, pixels);
  rows.forEach((row, i) => {
    restrict?.(row, rowOf(images, i, pixels), rowOf(batch.images, row, pixels));
  });
  const labels = gatherLabels(batch.labels, rows);
  const { losses, gradients } = await ask.gradients({ loss: 'margin', images, rows, labels });
  const wrong = marked(batch.size, []);
  rows.forEach((row, i) => {
    const candidate = rowOf(images, i, pixels);
    const original = rowOf(batch.images, row, pixels);
    const gradient = rowOf(gradients, i, pixels);
    wrong[row] = losses[i] > 0 && losses[i] >= confidence;
    if (wrong[row]) onSuccess(row, candidate, original, gradient);
    const weight = wrong[row] ? 0 : constant[row];
    descend(descent, row, pixels, learningRate, (p) => slope(row, p, candidate[p] - original[p], weight * gradient[p]));
  });
  return { descent, wrong };
}
