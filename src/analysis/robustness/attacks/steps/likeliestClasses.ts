import type { StepContext } from '../run/method.ts';
import { gather, rowOf } from '../run/rows.ts';

/** The classes other than the label, likeliest first, at most `count` of them. */
export function likeliestOthers(logits: ArrayLike<number>, label: number, count: number): number[] {
  const order = Array.from({ length: logits.length }, (_, i) => i).sort((a, b) => logits[b] - logits[a] || a - b);
  return order.filter((each) => each !== label).slice(0, count);
}

/** The likeliest class but `rank` that is not the label. */
export const otherClass = (logits: ArrayLike<number>, label: number, rank: number): number =>
  likeliestOthers(logits, label, rank + 1)[rank];

/** Logits of the originals of the rows under attack, by which targets are chosen; of other rows as before. [size, classes] */
export async function logitsOfOriginals(
  before: Float32Array,
  { rows, batch, ask }: StepContext,
  classes: number,
): Promise<Float32Array> {
  const answers = await ask.logits({ images: gather(batch.images, rows, ask.pixels), rows });
  const logits = before.slice();
  rows.forEach((row, i) => {
    logits.set(rowOf(answers, i, classes), row * classes);
  });
  return logits;
}
