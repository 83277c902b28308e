import type { StepContext } from '../../run/method.ts';
import { gatherLabels, lengthOf, rowOf } from '../../run/rows.ts';

/** As in ART, so that a gradient of zero divides nothing. */
export const SMALL = 1e-7;

/** Where candidates stand, and towards which classes they look. */
interface Standpoints {
  /** Rows of the batch, one a candidate. */
  readonly rows: readonly number[];
  /** [rows.length, C, H, W]. */
  readonly images: Float32Array;
  /** Logits of `images`, [rows.length, classes]. */
  readonly logits: Float32Array;
  /** Classes other than the label, [rows.length, looked]. */
  readonly others: Int32Array;
}

/** The border to another class, linearised. */
interface Border {
  readonly other: number;
  /** How far the label's logit and the other's are apart. */
  readonly gap: number;
  /** Gradient of the other's logit less the label's, and its L2 norm. */
  readonly normal: Float32Array;
  readonly length: number;
}

/** The nearest of each candidate's linearised borders: one gradient for each class that it looks towards. */
export async function nearestBorders(
  { batch, ask }: StepContext,
  { rows, images, logits, others }: Standpoints,
): Promise<Border[]> {
  const { pixels } = ask;
  const looked = others.length / rows.length;
  const classes = logits.length / rows.length;
  const places = rows.flatMap((_, i) => new Array<number>(looked).fill(i));
  const repeated = new Float32Array(places.length * pixels);
  places.forEach((i, k) => {
    repeated.set(rowOf(images, i, pixels), k * pixels);
  });
  const whose = places.map((i) => rows[i]);
  const { gradients } = await ask.gradients({
    loss: 'difference',
    images: repeated,
    rows: whose,
    labels: gatherLabels(batch.labels, whose),
    others,
  });
  return rows.map((row, i) => {
    const own = rowOf(logits, i, classes);
    let nearest: Border | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let k = i * looked; k < (i + 1) * looked; k++) {
      const gap = Math.abs(own[others[k]] - own[batch.labels[row]]);
      const normal = rowOf(gradients, k, pixels);
      const length = lengthOf(normal, '2');
      const distance = gap / (length + SMALL);
      if (nearest !== undefined && !(distance < least)) continue;
      nearest = { other: others[k], gap, normal, length };
      least = distance;
    }
    return nearest as Border;
  });
}
